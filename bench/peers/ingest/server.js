// Express 5 and pg as a careful author would write them: two clustered processes, the raw body, the signature in
// constant time, one prepared INSERT a request, 200 after the commit. `node server.js PORT DATABASE_URL SECRET`.
'use strict';

const cluster = require('node:cluster');
const crypto = require('node:crypto');

const [port, url, secret] = process.argv.slice(2);

if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
} else {
  const express = require('express');
  const { Pool } = require('pg');

  const pool = new Pool({ connectionString: url, max: 10 });
  const insert = {
    name: 'insert',
    text: 'INSERT INTO webhooks (received_at, digest, body) VALUES (now(), $1, $2) ON CONFLICT (digest) DO NOTHING',
  };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  app.post('/webhooks/:account', express.raw({ type: () => true, limit: '3mb' }), async (request, response) => {
    const given = Buffer.from(request.get('x-hub-signature-256') ?? '');
    const code = crypto.createHmac('sha256', secret).update(request.body).digest('hex');
    const expected = Buffer.from(`sha256=${code}`);
    if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
      response.status(401).end();
      return;
    }
    const digest = crypto.createHash('sha256').update(request.body).digest();
    await pool.query({ ...insert, values: [digest, request.body] });
    response.status(200).end();
  });

  app.listen(Number(port), '127.0.0.1');
}
