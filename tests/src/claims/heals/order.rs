//! In which order processes go and come back.

use std::fmt;

/// What happens to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is killed (SIGKILL) and started again.
    Killed,
    /// It is frozen (SIGSTOP) and goes on (SIGCONT).
    Frozen,
    /// It is asked to stop (SIGTERM), ends, and is started again.
    Stopped,
}

/// Which processes go, in which order, and in which order they come back. Process 0 is the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What happens to them.
    pub fault: Fault,
    /// In the order in which they go.
    pub down: Vec<usize>,
    /// In the order in which they come back: the same ones.
    pub up: Vec<usize>,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Killed, Self::Frozen, Self::Stopped];
}

impl Order {
    /// Every order of every choice of at least one among `count` processes.
    pub fn all(fault: Fault, count: usize) -> Vec<Self> {
        let chosen = (1..1_usize << count).map(|bits| {
            let chosen = (0..count).filter(|at| bits & (1 << at) != 0);
            chosen.collect::<Vec<_>>()
        });
        let orders = chosen.flat_map(|chosen| {
            let orders = permutations(&chosen);
            let pairs = orders.iter().flat_map(|down| {
                orders.iter().map(|up| Self {
                    fault,
                    down: down.clone(),
                    up: up.clone(),
                })
            });
            pairs.collect::<Vec<_>>()
        });
        orders.collect()
    }

    /// Whether the directory is touched.
    pub fn takes_the_directory(&self) -> bool {
        self.down.contains(&0)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}, back {:?}", self.fault, self.down, self.up)
    }
}

fn permutations(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in of.iter().enumerate() {
        let mut rest = of.to_vec();
        rest.remove(at);
        all.extend(permutations(&rest).into_iter().map(|mut tail| {
            tail.insert(0, *first);
            tail
        }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_processes_go_and_come_back_in_51_orders_and_four_in_844() {
        let orders = Order::all(Fault::Killed, 3);
        // 3 choices of one, 3 of two with 2 x 2 orders, 1 of three with 6 x 6.
        assert_eq!(orders.len(), 3 + 3 * 4 + 36);
        let mut single = Vec::new();
        for order in &orders {
            assert!(!single.contains(order), "{order}");
            single.push(order.clone());
            let (mut down, mut up) = (order.down.clone(), order.up.clone());
            down.sort_unstable();
            up.sort_unstable();
            assert_eq!(down, up);
        }
        assert_eq!(Order::all(Fault::Killed, 4).len(), 4 + 6 * 4 + 4 * 36 + 576);
    }
}
