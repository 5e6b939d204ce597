use std::{fs, path::Path, process::Child, time::Duration};

use rustix::process::Signal;
use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, error::SqlState};

use crate::{
    Error, Options, Progress, Step,
    account::Account,
    initialise::{initialise, remove_staging},
    installation::Installation,
    layout::{Layout, open_owned},
    log::Excerpt,
    seat::Seat,
    server::{self, Server, USER, encode},
    supervisor,
};

/// How long a server may take to accept connections: recovery after a crash can be long.
const START_TIMEOUT: Duration = Duration::from_mins(3);

/// How long a server without a supervisor is left alone before it is told to stop.
const LEFTOVER: Duration = Duration::from_secs(2);

const POLL: Duration = Duration::from_millis(5);

/// A running cluster that this process uses: it stays up at least until this is dropped or the process ends.
#[derive(Debug)]
pub struct Cluster {
    _seat: Seat,
    layout: Layout,
    server: Server,
    started: bool,
}

impl Cluster {
    /// Joins the cluster in `options.directory`; starts it where it does not run, makes it where it does not exist.
    pub async fn open(options: &Options, progress: &dyn Progress) -> Result<Self, Error> {
        let layout = Layout::new(&options.directory)?;
        let account = Account::for_directory(&layout.directory)?;
        let layout = layout.create(&account)?;
        let mut opening =
            Opening { layout, account, options, progress, seat: None, supervisor: None };
        let server = opening.run().await?;
        let Opening { layout, account, seat: Some(seat), supervisor, .. } = opening else {
            unreachable!("a server is returned with a seat alone")
        };
        if options.tcp.is_some() && !server.listens_on_tcp {
            return Err(Error::WithoutTcp { directory: layout.directory });
        }
        if options.tcp.is_some_and(|port| port != 0 && port != server.port) {
            return Err(Error::OtherPort { directory: layout.directory, port: server.port });
        }
        if options.keep {
            open_owned(&layout.keep(), &account)?;
        }
        let started = supervisor.is_some();
        if let Some(mut child) = supervisor {
            // Takes its exit status when it ends; else it stays a zombie for as long as we live.
            std::thread::spawn(move || child.wait());
        }
        progress.step(Step::Ready);
        Ok(Self { _seat: seat, layout, server, started })
    }

    /// The URL of a database over the Unix socket, as libpq, tokio-postgres and sqlx read it.
    pub fn url(&self, database: &str) -> String {
        server::socket_url(&self.server.socket_directory, self.server.port, database)
    }

    /// The URL of a database over TCP, its password included; `None` where no port was asked for.
    pub fn tcp_url(&self, database: &str) -> Option<String> {
        if !self.server.listens_on_tcp {
            return None;
        }
        // Read when it is asked for, so that no Debug output of ours holds it.
        let password = fs::read_to_string(self.layout.password()).ok()?;
        let password = password.trim();
        Some(format!(
            "postgresql://{USER}:{password}@127.0.0.1:{}/{}",
            self.server.port,
            encode(database)
        ))
    }

    /// Makes a database unless it is there.
    pub async fn ensure_database(&self, name: &str) -> Result<(), Error> {
        let failed = || Error::database(format!("make the database {name}"));
        let client = self.connect("postgres").await?;
        let query = "SELECT 1 FROM pg_database WHERE datname = $1";
        if client.query_opt(query, &[&name]).await.map_err(failed())?.is_some() {
            return Ok(());
        }
        // The superuser is called as the schema of Trunkline's own tables: `"$user"` would come before public.
        let public = format!("ALTER DATABASE {} SET search_path = public", quote(name));
        match client.batch_execute(&format!("CREATE DATABASE {}", quote(name))).await {
            Ok(()) => client.batch_execute(&public).await.map_err(failed()),
            // Another process made it in between: depending on the moment, the one or the other.
            Err(error)
                if error.code() == Some(&SqlState::DUPLICATE_DATABASE)
                    || error.code() == Some(&SqlState::UNIQUE_VIOLATION) =>
            {
                Ok(())
            }
            result => result.map_err(failed()),
        }
    }

    /// A connection to a database over the socket.
    pub async fn connect(&self, database: &str) -> Result<Client, Error> {
        self.server
            .connect(database)
            .await
            .map_err(Error::database(format!("connect to the database {database}")))
    }

    /// psql on a database, of the server's own version where it is installed.
    pub fn psql(&self, database: &str) -> std::process::Command {
        let beside = server::binaries(&self.layout).map(|directory| directory.join("psql"));
        let program = beside.filter(|program| program.is_file()).unwrap_or_else(|| "psql".into());
        let mut command = std::process::Command::new(program);
        command.arg(self.url(database));
        command
    }

    /// Whether this call started the server, rather than joined one that ran.
    pub fn started(&self) -> bool {
        self.started
    }

    /// The directory of the server's socket.
    pub fn socket_directory(&self) -> &Path {
        &self.server.socket_directory
    }

    /// The server's process id.
    pub fn pid(&self) -> i32 {
        self.server.pid
    }

    /// Names this run of the server, and no other.
    pub(crate) fn incarnation(&self) -> String {
        format!("{:x}_{:x}", self.server.started, self.server.pid)
    }
}

/// The attempts of one process to become a user of a running server.
struct Opening<'a> {
    layout: Layout,
    account: Account,
    options: &'a Options,
    progress: &'a dyn Progress,
    seat: Option<Seat>,
    supervisor: Option<Child>,
}

impl Opening<'_> {
    /// Takes a seat and waits for the server; wherever the lock is free there is none, and we start it.
    async fn run(&mut self) -> Result<Server, Error> {
        let begun = Instant::now();
        let mut leftover = begun + LEFTOVER;
        loop {
            self.seat =
                self.seat.take().filter(Seat::counts).or_else(|| Seat::take(&self.layout.users()));
            if self.seat.is_some() {
                leftover = Instant::now() + LEFTOVER;
                // The supervisor may look for users from now on.
                self.supervisor.as_mut().map(|child| child.stdin.take());
                if let Some(server) = Server::read(&self.layout)
                    && server.connect("postgres").await.is_ok()
                    && self.seat.as_ref().is_some_and(Seat::counts)
                {
                    return Ok(server);
                }
            }
            self.start_if_stopped().await?;
            if Instant::now() > leftover {
                // Its supervisor was killed, and with it the one who would stop it.
                if let Some(pid) = server::living_process(&self.layout) {
                    server::signal(pid, Signal::INT);
                }
                leftover = Instant::now() + LEFTOVER;
            }
            if begun.elapsed() > START_TIMEOUT {
                let excerpt = Excerpt::read(&self.layout.log());
                return Err(Error::TimedOut { seconds: START_TIMEOUT.as_secs(), excerpt });
            }
            sleep(POLL).await;
        }
    }

    async fn start_if_stopped(&mut self) -> Result<(), Error> {
        if let Some(child) = &mut self.supervisor {
            let ended = child.try_wait().map_err(Error::file("wait for", Path::new("/bin/sh")))?;
            return match ended {
                Some(_) => Err(Error::Died(Excerpt::read(&self.layout.log()))),
                None => Ok(()),
            };
        }
        let Some(lock) = self.layout.try_lock(&self.account)? else {
            return Ok(());
        };
        remove_staging(&self.layout)?;
        let required = self.layout.data_version();
        let installation = self.find_installation(required).await?;
        let version = installation.version.to_string();
        if required.is_none() {
            self.progress.step(Step::Initialising { version: version.clone() });
            initialise(&self.layout, &self.account, &installation, &lock, self.options.durable)
                .await?;
        }
        self.progress.step(Step::Starting { version });
        let child =
            supervisor::start(&self.layout, &self.account, &installation, self.options, lock)?;
        self.supervisor = Some(child);
        Ok(())
    }

    async fn find_installation(&self, required: Option<u32>) -> Result<Installation, Error> {
        let available = match self.options.search.find(required)? {
            Ok(installation) => return Ok(installation),
            Err(available) => available,
        };
        let fetch = match &self.options.fetch_into {
            // What was chosen by name is not replaced by something else.
            Some(directory) if self.options.search.chosen.is_none() => {
                match crate::fetch::fetch(directory, required, self.progress).await {
                    Ok(installation) => return Ok(installation),
                    Err(reason) => Some(reason),
                }
            }
            _ => None,
        };
        Err(match required {
            Some(needed) => {
                Error::OtherVersion { directory: self.layout.directory.clone(), needed, available }
            }
            None => Error::NotFound { fetch },
        })
    }
}

/// An SQL identifier.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
