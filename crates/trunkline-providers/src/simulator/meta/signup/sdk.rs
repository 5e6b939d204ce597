//! What stands in for Meta's JavaScript SDK: `FB.init` and `FB.login`.

use serde_json::json;

const SOURCE: &str = r"(function () {
  'use strict';
  var base = BASE;
  var settings = {};
  function login(callback, options) {
    var query = new URLSearchParams({
      app_id: settings.appId,
      config_id: options.config_id || '',
      extras: JSON.stringify(options.extras || {}),
      origin: window.location.origin
    });
    var address = base + '/meta/' + (settings.version || 'v25.0') + '/dialog/oauth?' + query;
    var popup = window.open(address, 'signup', 'width=600,height=920');
    var done = false;
    function end(response) {
      if (done) { return; }
      done = true;
      window.clearInterval(watch);
      window.removeEventListener('message', hear);
      callback(response);
    }
    function hear(event) {
      if (event.origin === base && event.data && event.data.simulatedLogin) {
        end(event.data.simulatedLogin);
      }
    }
    window.addEventListener('message', hear);
    var watch = window.setInterval(function () {
      if (!popup || popup.closed) { end({ authResponse: null, status: 'unknown' }); }
    }, 500);
  }
  window.FB = {
    init: function (given) { settings = given; },
    login: login
  };
  if (window.fbAsyncInit) { window.fbAsyncInit(); }
})();
";

pub(super) fn source(base: &str) -> String {
    SOURCE.replace("BASE", &json!(base).to_string())
}
