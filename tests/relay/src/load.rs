//! How much of one direction is on its way, and how much may be.

/// Bounds on what is on its way in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Packets.
    pub packets: usize,
    /// Bytes of UDP payload.
    pub bytes: usize,
}

impl Default for Room {
    /// 65,536 packets and 64 MiB: 200 MB/s for 300 ms.
    fn default() -> Self {
        Self {
            packets: 65_536,
            bytes: 64 << 20,
        }
    }
}

/// What is on its way in one direction, within its [`Room`].
#[derive(Debug)]
pub(crate) struct Load {
    room: Room,
    packets: usize,
    bytes: usize,
}

impl Load {
    /// Nothing yet.
    pub(crate) fn within(room: Room) -> Self {
        Self {
            room,
            packets: 0,
            bytes: 0,
        }
    }

    /// Takes a packet on, if there is room.
    pub(crate) fn take(&mut self, len: usize) -> bool {
        let fits = self.packets < self.room.packets && len <= self.room.bytes - self.bytes;
        if fits {
            self.packets += 1;
            self.bytes += len;
        }
        fits
    }

    /// A packet that was [taken](Self::take) on is gone.
    pub(crate) fn release(&mut self, len: usize) {
        self.packets -= 1;
        self.bytes -= len;
    }

    /// Packets on their way.
    pub(crate) fn packets(&self) -> usize {
        self.packets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_and_bytes_are_bounded_each() {
        let mut load = Load::within(Room {
            packets: 2,
            bytes: 100,
        });
        assert!(!load.take(101));
        assert!(load.take(0) && load.take(60) && !load.take(0));
        load.release(0);
        assert!(!load.take(41) && load.take(40));
        assert_eq!(load.packets(), 2);
    }
}
