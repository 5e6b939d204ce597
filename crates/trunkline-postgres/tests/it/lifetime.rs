use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use trunkline_postgres::{Cluster, Options, Status, status, stop};

use crate::{
    directory::{Directory, wait_for},
    process::User,
};

fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

fn lives(pid: i32) -> bool {
    test_kill_process(Pid::from_raw(pid).unwrap()).is_ok()
}

/// The shell that watches over a server.
fn supervisor_of(pid: i32) -> i32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap().trim().parse().unwrap()
}

#[test]
fn ends_after_its_only_user_was_killed() {
    let directory = Directory::new();
    let user = User::open(&directory.path());
    let server = user.pid;
    assert!(lives(server));
    user.kill();
    directory.wait_until_stopped();
    assert!(!lives(server));
}

#[test]
fn stays_until_a_clean_parent_has_finished() {
    let directory = Directory::new();
    let user = User::open(&directory.path());
    // Ctrl-C goes to a terminal's foreground group: the server's is its own.
    assert_ne!(
        rustix::process::getpgid(Pid::from_raw(user.pid)).unwrap(),
        rustix::process::getpgrp()
    );
    // The process queries once more after it was told to finish, and fails without its server.
    user.finish();
    directory.wait_until_stopped();
}

#[test]
fn two_processes_share_it_and_the_last_one_stops_it() {
    let directory = Directory::new();
    // Both find an empty directory.
    let (first, second) = (User::spawn(&directory.path()), User::spawn(&directory.path()));
    let (first, second) = (User::ready(first), User::ready(second));
    assert_eq!(first.pid, second.pid);
    let server = first.pid;
    first.kill();
    std::thread::sleep(Duration::from_millis(500));
    assert!(lives(server), "it ended while it had a user");
    second.finish();
    directory.wait_until_stopped();
    assert!(!lives(server));
}

#[tokio::test]
async fn a_user_that_comes_while_it_stops_gets_a_server() {
    let directory = Directory::new();
    let options = directory.options();
    // The pauses reach from before the supervisor has noticed to after the server has ended.
    for pause in (0..60).step_by(4) {
        let cluster = Cluster::open(&options, &()).await.unwrap();
        let client = cluster.connect("postgres").await.unwrap();
        client.batch_execute("SELECT 1").await.unwrap();
        drop((client, cluster));
        std::thread::sleep(Duration::from_millis(pause));
    }
}

#[tokio::test]
async fn starts_again_after_the_server_was_killed() {
    let directory = Directory::new();
    let options = Options { durable: true, ..directory.options() };
    let cluster = Cluster::open(&options, &()).await.unwrap();
    cluster.ensure_database("kept").await.unwrap();
    send(cluster.pid(), Signal::KILL);
    let again = Cluster::open(&options, &()).await.unwrap();
    assert_ne!(again.pid(), cluster.pid());
    again.connect("kept").await.unwrap();
    // The first user has its seat still, so the new server stays for it.
    let server = again.pid();
    drop(again);
    std::thread::sleep(Duration::from_millis(300));
    assert!(lives(server));
}

#[tokio::test]
async fn starts_again_where_another_process_has_the_number_of_the_killed_server() {
    let directory = Directory::new();
    let options = directory.options();
    let cluster = Cluster::open(&options, &()).await.unwrap();
    let file = directory.path().join("data/postmaster.pid");
    let text = fs::read_to_string(&file).unwrap();
    drop(cluster);
    directory.wait_until_stopped();
    let (_, rest) = text.split_once('\n').unwrap();
    fs::write(&file, format!("1\n{rest}")).unwrap();
    Cluster::open(&options, &()).await.unwrap();
}

#[tokio::test]
async fn replaces_a_server_whose_supervisor_was_killed() {
    let directory = Directory::new();
    let options = directory.options();
    let cluster = Cluster::open(&options, &()).await.unwrap();
    let server = cluster.pid();
    let supervisor = supervisor_of(server);
    // The shell and the one that it forked to watch for users.
    let children = format!("/proc/{supervisor}/task/{supervisor}/children");
    for child in fs::read_to_string(children).unwrap().split_whitespace() {
        let child = child.parse().unwrap();
        if child != server {
            send(child, Signal::KILL);
        }
    }
    send(supervisor, Signal::KILL);
    wait_for(|| supervisor_of(server) != supervisor);
    std::thread::sleep(Duration::from_millis(50));
    drop(cluster);
    let again = Cluster::open(&options, &()).await.unwrap();
    assert_ne!(again.pid(), server);
    // Its parent is init by now, which reaps it in its own time.
    wait_for(|| !lives(server));
}

#[tokio::test]
async fn lingers_after_its_last_user() {
    let directory = Directory::new();
    let options = Options { linger: Duration::from_secs(1), ..directory.options() };
    let server = Cluster::open(&options, &()).await.unwrap().pid();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(Cluster::open(&options, &()).await.unwrap().pid(), server);
    // One that came and went meanwhile starts the wait afresh.
    let left = Instant::now();
    directory.wait_until_stopped();
    assert!(left.elapsed() > Duration::from_millis(900), "{:?}", left.elapsed());
}

#[tokio::test]
async fn a_kept_one_stays_without_users_until_it_is_stopped() {
    let directory = Directory::new();
    let path = directory.path();
    assert_eq!(status(&path).unwrap(), Status::Absent);
    let options = Options { keep: true, ..directory.options() };
    let server = Cluster::open(&options, &()).await.unwrap().pid();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(Cluster::open(&directory.options(), &()).await.unwrap().pid(), server);
    std::thread::sleep(Duration::from_millis(300));
    let state = status(&path).unwrap();
    assert!(matches!(state, Status::Running { pid, kept: true, .. } if pid == server), "{state:?}");

    assert!(stop(&path).await.unwrap());
    assert!(!lives(server));
    directory.wait_until_stopped();
    assert!(!stop(&path).await.unwrap());

    // The next one is an ordinary one again.
    drop(Cluster::open(&directory.options(), &()).await.unwrap());
    directory.wait_until_stopped();
    assert!(trunkline_postgres::reset(&path).await.unwrap());
    // A process that another test is starting in this one holds our open files until it becomes its program.
    directory.wait_until_stopped();
    assert_eq!(status(&path).unwrap(), Status::Absent);
    assert!(!trunkline_postgres::reset(&path).await.unwrap());
}

#[test]
fn starts_again_after_the_first_start_was_killed_in_the_middle() {
    let directory = Directory::new();
    let path = directory.path();
    let mut killed = User::spawn(&path);
    wait_for(|| path.join("data.new/base").exists());
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(!Path::new(&path.join("data")).exists());
    User::open(&path).finish();
    assert!(!path.join("data.new").exists());
}
