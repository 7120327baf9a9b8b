use super::*;

fn log(path: &Path) -> (Access, Arc<Metrics>) {
    let metrics = Arc::<Metrics>::default();
    (Access::open(&AccessTo::File(path.to_owned()), Arc::clone(&metrics)).unwrap(), metrics)
}

fn dropped(metrics: &Metrics) -> usize {
    let text = metrics.expose(&Default::default());
    let line = text.lines().find_map(|line| line.strip_prefix("vestibule_access_log_dropped_total "));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn lines_go_to_the_end_of_the_file_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    for lines in [["one\n", "two\n"], ["three\n", "four\n"]] {
        let (log, metrics) = log(&path);
        lines.iter().for_each(|line| log.take(line.as_bytes().to_vec()));
        log.flush().await;
        assert_eq!(dropped(&metrics), 0);
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\nfour\n");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o007, 0, "it is not for everybody");
}

#[tokio::test]
async fn a_log_that_nobody_reads_drops_lines_and_keeps_nobody() {
    let (reader, writer) = io::pipe().unwrap();
    let metrics = Arc::<Metrics>::default();
    let log = Access::over(Box::new(writer), Arc::clone(&metrics)).unwrap();
    (0..2 * MAX_WAITING).for_each(|_| log.take(vec![b'x'; 1024]));
    assert!(dropped(&metrics) > MAX_WAITING / 2, "{}", dropped(&metrics));
    log.flush().await;
    drop(reader);
}

#[tokio::test]
async fn lines_that_a_full_disk_does_not_take_are_counted() {
    let (log, metrics) = log(Path::new("/dev/full"));
    (0..64).for_each(|_| log.take(vec![b'x'; 1024]));
    log.flush().await;
    assert!((1..=64).contains(&dropped(&metrics)), "{}", dropped(&metrics));
}

#[test]
fn what_cannot_be_opened_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe, folder.path().to_owned(), "/nowhere/at/all/access.log".into()] {
        assert!(Access::open(&AccessTo::File(path), Arc::default()).is_err());
    }
}
