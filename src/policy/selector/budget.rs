//! What one evaluation may cost, and why one fails.

use std::cell::Cell;

/// Steps of one evaluation: a node visited, two values compared, a list entry or 32 bytes of text handled. A membership
/// test over 2,000 groups takes some 2,000; all of them is about ten milliseconds.
const MAX_STEPS: usize = 1_000_000;
/// Memory that one evaluation may ask for in all, in bytes: a hundred times the claims.
const MAX_MEMORY: usize = 8 * 1024 * 1024;
/// Bytes of text that are handled in one step.
const TEXT_STEP: usize = 32;
/// Bytes a list or object holds per entry, its bookkeeping included.
const ENTRY: usize = 64;

/// Why a selector gave no answer. Never holds the content of a claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// A function was given what it does not take.
    #[error("{0}")]
    Argument(String),
    /// A claim was read that the provider has but did not send.
    #[error("the provider withheld the claim `{0}` (too many entries to send?)")]
    Withheld(String),
    /// A claim was read that is not among those kept of the sign-in.
    #[error("the claim `{0}` is not kept, so what it would give is unknown")]
    Redacted(String),
    /// More steps than one evaluation may take.
    #[error("the expression takes more than {MAX_STEPS} steps on these claims")]
    Steps,
    /// More memory than one evaluation may take.
    #[error("the expression takes more than {MAX_MEMORY} bytes of memory on these claims")]
    Memory,
    /// A slice such as `[::0]`.
    #[error("a slice cannot go in steps of 0")]
    Slice,
    /// A defect of this program.
    #[error("the expression could not be evaluated: this is a defect of Vestibule, please report it")]
    Defect,
}

/// The same under way: one word, since every part of an expression may return it.
pub(super) type Failure = Box<EvaluationError>;

/// What is left of one evaluation's allowance. Taken from through a shared reference, so that values can be lent
/// meanwhile instead of copied.
#[derive(Debug)]
pub(super) struct Budget {
    steps: Cell<usize>,
    memory: Cell<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: Cell::new(MAX_STEPS), memory: Cell::new(MAX_MEMORY) }
    }
}

impl Budget {
    /// Takes `count` steps.
    pub(super) fn steps(&self, count: usize) -> Result<(), Failure> {
        self.steps.set(self.steps.get().checked_sub(count).ok_or(EvaluationError::Steps)?);
        Ok(())
    }

    /// Takes the steps for handling so many bytes of text.
    pub(super) fn text(&self, bytes: usize) -> Result<(), Failure> {
        self.steps(1 + bytes / TEXT_STEP)
    }

    /// Takes steps and memory for a new text.
    pub(super) fn new_text(&self, bytes: usize) -> Result<(), Failure> {
        self.text(bytes)?;
        self.take(bytes)
    }

    /// Takes steps and memory for so many entries of a new list or object.
    pub(super) fn new_entries(&self, count: usize) -> Result<(), Failure> {
        self.steps(count)?;
        self.take(count.saturating_mul(ENTRY))
    }

    fn take(&self, bytes: usize) -> Result<(), Failure> {
        self.memory.set(self.memory.get().checked_sub(bytes).ok_or(EvaluationError::Memory)?);
        Ok(())
    }
}
