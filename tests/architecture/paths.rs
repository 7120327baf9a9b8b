//! The paths a file names: those of its `use` trees and those in its code, each with the module it stands in.

use crate::tokens::{Token, tokens};

/// One path, with what `use` groups stand around it written out.
#[derive(Debug, PartialEq, Eq)]
pub struct Path {
    /// The line it begins on.
    pub line: usize,
    /// Its names from the left; the last can be `*`.
    pub names: Vec<String>,
    /// The module it is written in, from the crate's root.
    pub module: Vec<String>,
}

impl Path {
    /// Where it leads inside this crate, from the root; `None` if it leads to another crate or is relative.
    pub fn inside(&self) -> Option<Vec<String>> {
        let mut place = match self.names.first()?.as_str() {
            "crate" | "vestibule" => Vec::new(),
            "self" => self.module.clone(),
            "super" => self.module[..self.module.len().saturating_sub(1)].to_vec(),
            _ => return None,
        };
        for name in &self.names[1..] {
            match name.as_str() {
                "self" => {}
                "super" => {
                    place.pop();
                }
                name => place.push(name.to_owned()),
            }
        }
        Some(place)
    }
}

/// Every path of a file whose own module is given. Relative paths are among them; no rule minds them.
pub fn paths(source: &str, module: &[String]) -> Vec<Path> {
    let tokens = tokens(source);
    let mut reader =
        Reader { tokens: &tokens, found: Vec::new(), module: module.to_vec(), depth: 0, opened: Vec::new() };
    let mut at = 0;
    while at < tokens.len() {
        at = reader.step(at);
    }
    reader.found
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    found: Vec<Path>,
    /// The module at this place: inline modules are entered and left.
    module: Vec<String>,
    /// How many braces are open.
    depth: usize,
    /// For each inline module we are in, the depth of its body.
    opened: Vec<usize>,
}

impl Reader<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    fn is_word(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(Token::is_word)
    }

    /// Reads what begins here and returns where to go on.
    fn step(&mut self, at: usize) -> usize {
        match self.text(at) {
            "{" => self.depth += 1,
            "}" => {
                if self.opened.pop_if(|depth| *depth == self.depth).is_some() {
                    self.module.pop();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            "mod" if self.is_word(at + 1) && self.text(at + 2) == "{" => {
                self.module.push(self.text(at + 1).to_owned());
                self.opened.push(self.depth + 1);
            }
            // `use<'a>` in a return type imports nothing.
            "use" if self.text(at + 1) != "<" => {
                return self.tree(at + 1 + usize::from(self.text(at + 1) == "::"), &[]);
            }
            "extern" if self.text(at + 1) == "crate" => return self.tree(at + 2, &[]),
            _ if self.begins_path(at) => return self.tree(at, &[]),
            _ => {}
        }
        at + 1
    }

    /// Whether a path begins here: a name before `::` that does not itself go on from something.
    fn begins_path(&self, at: usize) -> bool {
        let goes_on =
            at > 0 && self.text(at - 1) == "::" && at > 1 && (self.is_word(at - 2) || self.text(at - 2) == ">");
        self.is_word(at) && self.text(at + 1) == "::" && !goes_on
    }

    /// Reads one path or `use` tree; what it names is recorded with the prefix before it.
    fn tree(&mut self, start: usize, prefix: &[String]) -> usize {
        let (mut at, mut names) = (start, prefix.to_vec());
        loop {
            match self.text(at) {
                "{" => return self.group(at + 1, &names),
                "*" => names.push("*".to_owned()),
                text if self.is_word(at) => names.push(text.to_owned()),
                _ => return at.max(start + 1),
            }
            let more = matches!(self.text(at + 2), "{" | "*") || self.is_word(at + 2);
            if self.text(at + 1) != "::" || !more {
                self.found.push(Path { line: self.tokens[at].line, names, module: self.module.clone() });
                return at + 1;
            }
            at += 2;
        }
    }

    fn group(&mut self, start: usize, prefix: &[String]) -> usize {
        let mut at = start;
        loop {
            at = match self.text(at) {
                "}" | "" => return at + 1,
                "," => at + 1,
                // An alias is no path.
                "as" => at + 2,
                _ => self.tree(at, prefix),
            };
        }
    }
}
