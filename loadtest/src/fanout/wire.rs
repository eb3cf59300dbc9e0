//! As much of the WebSocket protocol (RFC 6455) as a watcher needs: reading frames without
//! keeping them, and sending a short masked text.

/// So many bytes of a message are kept: enough to see what it is.
const KEPT: usize = 96;

/// What has come in whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// A text that begins like this.
    Snapshot,
    /// A board update with this number.
    Update(i64),
    /// The server asks whether we are there.
    Ping,
    /// A goodbye, or a close frame.
    Bye,
    /// Anything else.
    Other,
}

/// Where in the stream of bytes a reader is.
#[derive(Debug)]
pub(super) struct Reader {
    /// Bytes of a header that has not come whole.
    header: [u8; 10],
    have: usize,
    /// Bytes of the payload that are still to come.
    left: u64,
    last: bool,
    control: bool,
    opcode: u8,
    kept: [u8; KEPT],
    kept_len: usize,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self {
            header: [0; 10],
            have: 0,
            left: 0,
            last: false,
            control: false,
            opcode: 0,
            kept: [0; KEPT],
            kept_len: 0,
        }
    }

    /// Takes the next bytes in; calls back for each message that is whole.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut whole: impl FnMut(Seen)) -> Result<(), &'static str> {
        loop {
            if self.left > 0 {
                let now = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                let (payload, rest) = bytes.split_at(now);
                self.keep(payload);
                self.left -= now as u64;
                bytes = rest;
                if self.left > 0 {
                    return Ok(());
                }
                self.end(&mut whole);
            }
            let Some(rest) = self.read_header(bytes)? else { return Ok(()) };
            bytes = rest;
            if self.left == 0 {
                self.end(&mut whole);
            }
        }
    }

    /// The bytes after a whole header; `None` when there are too few.
    fn read_header<'a>(&mut self, mut bytes: &'a [u8]) -> Result<Option<&'a [u8]>, &'static str> {
        while let Some((byte, rest)) = bytes.split_first() {
            self.header[self.have] = *byte;
            self.have += 1;
            bytes = rest;
            if self.have >= 2 && self.have == header_len(self.header[1]) {
                self.begin()?;
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    fn begin(&mut self) -> Result<(), &'static str> {
        let [first, second, ..] = self.header;
        if second & 0x80 != 0 {
            return Err("a server must not mask its frames");
        }
        self.left = match second {
            126 => self.header[2..4].iter().fold(0, |n, byte| n << 8 | u64::from(*byte)),
            127 => self.header[2..10].iter().fold(0, |n, byte| n << 8 | u64::from(*byte)),
            short => u64::from(short),
        };
        self.have = 0;
        self.last = first & 0x80 != 0;
        let opcode = first & 0x0f;
        self.control = opcode >= 8;
        // Opcode 0 continues the message before.
        if opcode != 0 {
            self.opcode = opcode;
            if !self.control {
                self.kept_len = 0;
            }
        }
        Ok(())
    }

    fn keep(&mut self, payload: &[u8]) {
        if self.control {
            return;
        }
        let room = (KEPT - self.kept_len).min(payload.len());
        self.kept[self.kept_len..self.kept_len + room].copy_from_slice(&payload[..room]);
        self.kept_len += room;
    }

    fn end(&self, whole: &mut impl FnMut(Seen)) {
        match (self.control, self.opcode) {
            (true, 8) => whole(Seen::Bye),
            (true, _) => {}
            (false, _) if self.last => whole(kind(&self.kept[..self.kept_len])),
            (false, _) => {}
        }
    }
}

/// The length of a header whose second byte is this.
fn header_len(second: u8) -> usize {
    match second & 0x7f {
        126 => 4,
        127 => 10,
        _ => 2,
    }
}

/// What a message is, by how it begins.
fn kind(text: &[u8]) -> Seen {
    let says = |name: &[u8]| text.windows(name.len()).any(|part| part == name);
    if says(br#""type":"leaderboard_update""#) {
        number(text, br#""seq":"#).map_or(Seen::Other, Seen::Update)
    } else if says(br#""type":"leaderboard_snapshot""#) {
        Seen::Snapshot
    } else if says(br#""type":"ping""#) {
        Seen::Ping
    } else if says(br#""type":"bye""#) {
        Seen::Bye
    } else {
        Seen::Other
    }
}

fn number(text: &[u8], name: &[u8]) -> Option<i64> {
    let at = text.windows(name.len()).position(|part| part == name)? + name.len();
    let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(None, |n, digit| Some(n.unwrap_or(0) * 10 + i64::from(digit - b'0')))
}

/// A masked text frame, as a client must send it.
pub(super) fn masked(text: &str) -> Vec<u8> {
    let mask = rand::random::<u32>().to_be_bytes();
    let mut frame = vec![0x81];
    match u16::try_from(text.len()) {
        Ok(short) if short < 126 => frame.push(0x80 | text.len().to_le_bytes()[0]),
        Ok(long) => {
            frame.push(0x80 | 126);
            frame.extend(long.to_be_bytes());
        }
        Err(_) => unreachable!("nothing of ours is that long"),
    }
    frame.extend(mask);
    frame.extend(text.bytes().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            short @ 0..126 => frame.push(u8::try_from(short).unwrap()),
            long @ 126..65536 => {
                frame.push(126);
                frame.extend(u16::try_from(long).unwrap().to_be_bytes());
            }
            huge => {
                frame.push(127);
                frame.extend((huge as u64).to_be_bytes());
            }
        }
        frame.extend(payload);
        frame
    }

    /// What is seen when the stream comes in pieces of this size.
    fn seen(stream: &[u8], piece: usize) -> Vec<Seen> {
        let (mut reader, mut seen) = (Reader::new(), Vec::new());
        for piece in stream.chunks(piece) {
            reader.feed(piece, |one| seen.push(one)).unwrap();
        }
        seen
    }

    #[test]
    fn messages_are_seen_whole_however_the_stream_is_cut() {
        let long = format!(r#"{{"type":"leaderboard_snapshot","seq":7,"rows":[{}]}}"#, "1,".repeat(40_000));
        let (head, tail) = long.as_bytes().split_at(50_000);
        let mut stream = frame(0x81, br#"{"head":3,"type":"ping"}"#);
        stream.extend(frame(0x01, head));
        stream.extend(frame(0x89, b"between"));
        stream.extend(frame(0x80, tail));
        stream.extend(frame(0x81, br#"{"type":"leaderboard_update","seq":1058,"prev":1057}"#));
        stream.extend(frame(0x81, &[b'x'; 300]));
        stream.extend(frame(0x81, b""));
        stream.extend(frame(0x88, &[3, 232]));
        let expected = [Seen::Ping, Seen::Snapshot, Seen::Update(1058), Seen::Other, Seen::Other, Seen::Bye];
        for piece in [1, 2, 7, 1000, 65_536, stream.len()] {
            assert_eq!(seen(&stream, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_a_client_sends_is_masked() {
        let frame = masked(r#"{"type":"pong"}"#);
        assert_eq!((frame[0], frame[1]), (0x81, 0x80 | 15));
        let mask = &frame[2..6];
        let text: Vec<u8> = frame[6..].iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b).collect();
        assert_eq!(text, br#"{"type":"pong"}"#);
        assert_eq!(masked(&"x".repeat(300)).len(), 2 + 2 + 4 + 300);
    }
}
