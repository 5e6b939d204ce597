//! `simulate` and the second half of `demo`, in builds that have them.

use std::path::Path;

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::place::{Run, Running};
use crate::private::Private;
use crate::serving::get;

/// The address of the first line that names one after this text.
async fn address(running: &mut Running, after: &str) -> String {
    let mut lines = BufReader::new(running.stdout()).lines();
    loop {
        let line = lines.next_line().await.unwrap().expect("it says where it is");
        if let Some((_, rest)) = line.split_once(after) {
            let address = rest.split(['/', ' ']).next().unwrap().to_owned();
            // What is still written has to be read.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return address;
        }
    }
}

#[tokio::test]
async fn it_says_how_to_point_at_it_and_answers() {
    let run = Run::new(Path::new("/tmp"), "simulate --listen 127.0.0.1:0 --companies 2");
    let mut running = run.spawn();
    let address = address(&mut running, "The providers are simulated at http://").await;
    let state = get(&address, "/_control/state").await;
    assert!(state.starts_with("HTTP/1.1 200") && state.contains("simul8PA"), "{state}");
    let page = get(&address, "/meta/signup").await;
    assert!(page.contains("Connect WhatsApp"), "{page}");
    running.interrupt();
    running.end().await.expect(0);
}

#[tokio::test]
async fn it_refuses_what_it_cannot_do() {
    let run = async |line: &str| Run::new(Path::new("/tmp"), line).run().await.expect(2);
    insta::assert_snapshot!("not_on_loopback", run("simulate --listen 0.0.0.0:0").await);
    insta::assert_snapshot!(
        "no_webhook_url",
        run("simulate --webhooks-to https://example.com/").await
    );
}

#[tokio::test]
async fn the_demo_lives_and_commands_find_it() {
    let private = Private::new();
    let mut running = private.command("demo --companies 10").spawn();
    let mut lines = BufReader::new(running.stdout()).lines();
    let (mut simulated, mut exports) = (String::new(), String::new());
    while exports.is_empty() {
        let line = lines.next_line().await.unwrap().expect("it says how to go on");
        if let Some((_, rest)) = line.split_once("simulated providers at http://") {
            simulated = rest.split('/').next().unwrap().to_owned();
        } else if line.contains("export DATABASE_URL=") {
            exports = line;
        }
    }
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let mut seen = String::new();
    let is_alive = |seen: &str| {
        ["/meta/", "/360dialog/", "/twilio/"].into_iter().all(|path| seen.contains(path))
    };
    for _ in 0..600 {
        seen = get(&simulated, "/_control/webhooks").await;
        if is_alive(&seen) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(is_alive(&seen) && !seen.contains("\"status\":401"), "{seen}");
    let command = format!("{exports}; exec {} webhooks list", env!("CARGO_BIN_EXE_trunkline"));
    let listed = tokio::process::Command::new("sh").args(["-c", &command]).output().await.unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("twilio_messages"), "{listed}");
    running.interrupt();
    running.end().await.expect(0);
}

/// The command of the README, in the demonstration.
#[tokio::test]
async fn the_readme_sends_a_text_in_the_demo() {
    let readme = include_str!("../../../../README.md");
    let block = readme.split("```").find(|block| block.contains("/provider/number/messages"));
    let command = block.unwrap().trim_start_matches("sh\n");
    let private = Private::new();
    let mut running = private.command("demo --companies 10").spawn();
    let mut lines = BufReader::new(running.stdout()).lines();
    let (mut key, mut service) = (String::new(), String::new());
    while key.is_empty() || service.is_empty() {
        let line = lines.next_line().await.unwrap().expect("it says how to send");
        if let Some((_, rest)) = line.split_once("export KEY=") {
            key = rest.to_owned();
        } else if let Some((rest, _)) = line.split_once("/api/v1/channels/") {
            service = rest.split("http://").nth(1).unwrap().to_owned();
        }
    }
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let command = command.replace("127.0.0.1:8640", &service);
    let mut answer = String::new();
    // It says how before it listens.
    for _ in 0..100 {
        let mut shell = tokio::process::Command::new("sh");
        let sent = shell.args(["-c", &command]).env("KEY", &key).output().await.unwrap();
        answer = String::from_utf8_lossy(&sent.stdout).into_owned();
        if sent.status.success() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(answer.contains("\"id\":\"wamid."), "{answer}");
    running.interrupt();
    running.end().await.expect(0);
}
