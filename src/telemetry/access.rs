//! The access log: one line of JSON for each request, written by a thread of its own. Whoever answers requests only hands
//! a line over; if too many wait, because a disk is slow or nobody reads, it is dropped and counted.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::AccessTo;
use super::metrics::Metrics;

/// Most lines that wait. One is some 300 bytes, at most about 6 KiB: what it quotes is cut.
const MAX_WAITING: usize = 8_192;
/// How long the last lines may take to be written: a pipe that nobody reads must not keep the process.
const LAST_LINES: Duration = Duration::from_secs(2);
/// How long to wait for room among the lines that wait, once it is only about the last ones.
const PAUSE: Duration = Duration::from_millis(10);
/// Who came from where is not for everybody on the machine.
const FILE_MODE: u32 = 0o640;

/// Where lines go. When nobody holds it any more, the thread writes what it was given to the end, and ends.
pub(super) struct Access {
    notes: SyncSender<Note>,
    metrics: Arc<Metrics>,
}

enum Note {
    Line(Vec<u8>),
    /// Tell when all before this is written.
    Flush(oneshot::Sender<()>),
}

impl Access {
    /// Opens the log: to standard output, or at the end of a file.
    ///
    /// # Errors
    /// When the file cannot be opened, or the system has no thread for us.
    pub(super) fn open(to: &AccessTo, metrics: Arc<Metrics>) -> io::Result<Self> {
        match to {
            AccessTo::Stdout => Self::over(Box::new(io::stdout()), metrics),
            AccessTo::File(path) => Self::over(Box::new(open(path)?), metrics),
        }
    }

    fn over(out: Box<dyn Write + Send>, metrics: Arc<Metrics>) -> io::Result<Self> {
        let (notes, waiting) = sync_channel(MAX_WAITING);
        let mut writer = Writer { out: BufWriter::new(out), metrics: Arc::clone(&metrics), failing: false };
        thread::Builder::new().name("access-log".to_owned()).spawn(move || writer.work(&waiting))?;
        Ok(Self { notes, metrics })
    }

    /// Takes a line, its end included, unless too many wait.
    pub(super) fn take(&self, line: Vec<u8>) {
        if self.notes.try_send(Note::Line(line)).is_err() {
            self.metrics.lines_dropped.one();
        }
    }

    /// Waits until all that was taken is written, for as long as there is time.
    pub(super) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        let asked = async {
            let mut note = Note::Flush(done);
            while let Err(TrySendError::Full(back)) = self.notes.try_send(note) {
                note = back;
                sleep(PAUSE).await;
            }
            let _ = written.await;
        };
        let _ = timeout(LAST_LINES, asked).await;
    }
}

fn open(path: &Path) -> io::Result<File> {
    // Opening a pipe waits until somebody reads it.
    if std::fs::metadata(path).is_ok_and(|file| file.file_type().is_fifo()) {
        return Err(io::Error::other("it is a pipe; write a file, or stdout"));
    }
    OpenOptions::new().append(true).create(true).mode(FILE_MODE).open(path)
}

/// What the thread works with.
struct Writer {
    out: BufWriter<Box<dyn Write + Send>>,
    metrics: Arc<Metrics>,
    failing: bool,
}

impl Writer {
    fn work(&mut self, waiting: &Receiver<Note>) {
        while let Some(note) = self.next(waiting) {
            match note {
                Note::Line(line) => {
                    let outcome = self.out.write_all(&line);
                    if outcome.is_err() {
                        self.metrics.lines_dropped.one();
                    }
                    self.note(&outcome);
                }
                Note::Flush(done) => {
                    self.flush();
                    let _ = done.send(());
                }
            }
        }
        self.flush();
    }

    /// The next note. Before it waits for one, what was written so far is let out.
    fn next(&mut self, waiting: &Receiver<Note>) -> Option<Note> {
        match waiting.try_recv() {
            Ok(note) => Some(note),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => {
                self.flush();
                waiting.recv().ok()
            }
        }
    }

    fn flush(&mut self) {
        let outcome = self.out.flush();
        self.note(&outcome);
    }

    /// A failure is told once, until it goes well again.
    fn note(&mut self, outcome: &io::Result<()>) {
        if let Err(error) = outcome
            && !self.failing
        {
            tracing::error!(cause = %error, "the access log cannot be written; lines are lost");
        }
        self.failing = outcome.is_err();
    }
}

#[cfg(test)]
mod tests;
