//! Where one frame of a WebSocket ends and the next begins (RFC 6455 5.2): all that has to be known to say something in
//! between.

/// The first byte of a close frame, whole and with nothing after it.
const CLOSE: u8 = 0x88;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;

/// The frames that pass in one direction, counted but not looked at.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The head under way: two bytes, and up to eight more of a length.
    head: [u8; 10],
    have: usize,
    /// What is left of the frame after its head.
    left: u64,
    closed: bool,
}

impl Frames {
    /// Takes note of bytes that pass.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left > 0 {
                let passed = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                self.left -= passed as u64;
                bytes = &bytes[passed..];
                continue;
            }
            self.head[self.have] = bytes[0];
            self.have += 1;
            bytes = &bytes[1..];
            self.begin_if_whole();
        }
    }

    /// Begins with the frame, once its head is there.
    fn begin_if_whole(&mut self) {
        let length = match (self.have, self.head[1] & !MASKED) {
            (2, length @ 0..126) => u64::from(length),
            (4, 126) => u64::from(u16::from_be_bytes([self.head[2], self.head[3]])),
            (10, 127) => self.head.last_chunk().map_or(0, |length| u64::from_be_bytes(*length)),
            _ => return,
        };
        let mask = if self.head[1] & MASKED == 0 { 0 } else { 4 };
        self.left = length.saturating_add(mask);
        self.have = 0;
        self.closed |= self.head[0] & OPCODE == CLOSE & OPCODE;
    }

    /// Whether a frame may be put in here: none is under way, and none has said that it was the last.
    pub(super) const fn may_speak(&self) -> bool {
        self.left == 0 && self.have == 0 && !self.closed
    }
}

/// A close frame with this status code. With a mask: as it goes to a server.
pub(super) fn close(code: u16, mask: Option<[u8; 4]>) -> Vec<u8> {
    let code = code.to_be_bytes();
    match mask {
        None => [&[CLOSE, 2][..], &code].concat(),
        Some(mask) => [&[CLOSE, MASKED | 2][..], &mask, &[code[0] ^ mask[0], code[1] ^ mask[1]]].concat(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(opcode: u8, length: usize, masked: bool) -> Vec<u8> {
        let bit = if masked { MASKED } else { 0 };
        let mut frame = vec![opcode];
        match length {
            0..126 => frame.push(bit | u8::try_from(length).unwrap()),
            126..65_536 => {
                frame.push(bit | 126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(bit | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        // What is in it looks like frames.
        frame.resize(frame.len() + length + if masked { 4 } else { 0 }, 0x81);
        frame
    }

    proptest! {
        #[test]
        fn frames_are_told_apart_however_they_are_cut(
            frames in prop::collection::vec((prop_oneof![Just(0x81), Just(0x02), Just(0x89)], prop_oneof![
                0..200usize, 65_530..65_540usize,
            ], any::<bool>()), 0..6),
            step in 1..5_000usize,
        ) {
            let mut ends = vec![0];
            let mut bytes = Vec::new();
            for (opcode, length, masked) in frames {
                bytes.extend(frame(opcode, length, masked));
                ends.push(bytes.len());
            }
            let (mut seen, mut at) = (Frames::default(), 0);
            loop {
                prop_assert_eq!(seen.may_speak(), ends.contains(&at), "at {}", at);
                if at == bytes.len() {
                    break;
                }
                let next = (at + step).min(bytes.len());
                seen.pass(&bytes[at..next]);
                at = next;
            }
        }

        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut seen = Frames::default();
            seen.pass(&bytes);
            seen.pass(&[0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        }
    }

    #[test]
    fn nothing_is_said_after_a_close_frame() {
        for frame in [close(1000, None), close(1000, Some([1, 2, 3, 4]))] {
            let mut seen = Frames::default();
            assert!(seen.may_speak());
            seen.pass(&frame);
            assert!(!seen.may_speak());
        }
        assert_eq!(close(1001, None), [0x88, 2, 0x03, 0xe9]);
        assert_eq!(close(1001, Some([0xff, 0, 0, 0])), [0x88, 0x82, 0xff, 0, 0, 0, 0xfc, 0xe9]);
    }
}
