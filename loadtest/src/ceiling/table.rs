//! Figures, for people and for programs.

use serde_json::{Value, json};

use super::operation::Operation;

/// The runs of one contender, in operations per second.
#[derive(Debug)]
pub(super) struct Runs {
    clients: usize,
    pool: Option<u32>,
    rates: Vec<f64>,
}

impl Runs {
    pub(super) fn with(clients: usize, pool: Option<u32>) -> Self {
        Self { clients, pool, rates: Vec::new() }
    }

    pub(super) fn add(&mut self, rate: f64) {
        self.rates.push(rate);
    }

    pub(super) fn median(&self) -> f64 {
        median(&self.rates)
    }

    fn range(&self) -> (f64, f64) {
        let least = self.rates.iter().copied().fold(f64::INFINITY, f64::min);
        (least, self.rates.iter().copied().fold(0.0, f64::max))
    }

    fn json(&self) -> Value {
        json!({
            "median": self.median().round(), "clients": self.clients, "pool": self.pool,
            "runs": self.rates.iter().map(|rate| rate.round()).collect::<Vec<_>>(),
        })
    }
}

impl std::fmt::Display for Runs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (least, most) = self.range();
        let figure = format!("{:.0} ({least:.0}..{most:.0})", self.median());
        write!(f, "{figure:<20} {:>3} clients", self.clients)?;
        self.pool.map_or(Ok(()), |pool| write!(f, ", pool {pool}"))
    }
}

/// The middle one; of an even number, the mean of the two in the middle.
pub(super) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle)) {
        (_, None) => f64::NAN,
        (1, Some(one)) => *one,
        (_, Some(upper)) => f64::midpoint(sorted[middle - 1], *upper),
    }
}

/// One operation upon one history.
#[derive(Debug)]
pub(super) struct Comparison {
    pub(super) operation: Operation,
    pub(super) rows: u64,
    pub(super) server: Runs,
    pub(super) simple: Runs,
    pub(super) prepared: Runs,
    /// Shares of a core that the generator took in the server's runs.
    pub(super) generator: Vec<f64>,
}

impl Comparison {
    /// Of the ceiling as it is mostly written.
    pub(super) fn usual(&self) -> f64 {
        self.server.median() / self.simple.median()
    }

    /// Of the ceiling with prepared statements.
    pub(super) fn strict(&self) -> f64 {
        self.server.median() / self.prepared.median()
    }

    /// The latest round, in one line.
    pub(super) fn last(&self) -> String {
        let last = |runs: &Runs| runs.rates.last().copied().unwrap_or(f64::NAN);
        format!(
            "{} rows: server {:.0}/s, simple {:.0}/s, prepared {:.0}/s",
            self.rows,
            last(&self.server),
            last(&self.simple),
            last(&self.prepared)
        )
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "operation": self.operation.title(), "history_rows": self.rows,
            "server": self.server.json(), "simple": self.simple.json(), "prepared": self.prepared.json(),
            "of_simple": rounded(self.usual()), "of_prepared": rounded(self.strict()),
            "generator_core_share": rounded(median(&self.generator)),
        })
    }
}

/// To three places.
fn rounded(ratio: f64) -> f64 {
    (ratio * 1000.0).round() / 1000.0
}

/// For each operation but the first history's, how much of the first history's figure it keeps.
pub(super) fn steadiness(comparisons: &[Comparison]) -> Vec<(String, f64)> {
    let first = |operation| comparisons.iter().find(|one| one.operation == operation);
    let kept = comparisons.iter().filter_map(|one| {
        let base = first(one.operation).filter(|base| base.rows != one.rows)?;
        let what = format!("{} upon {} rows, of that upon {}", one.operation.title(), one.rows, base.rows);
        Some((what, one.server.median() / base.server.median()))
    });
    kept.collect()
}

/// The tables.
pub(super) fn print(comparisons: &[Comparison]) {
    println!(
        "\nPer second, median (least..most) of {} runs in turn",
        comparisons.first().map_or(0, |c| c.server.rates.len())
    );
    for one in comparisons {
        println!("\n{}, {} rows of history", one.operation.title(), one.rows);
        println!("  server             {}", one.server);
        println!("  pgbench, simple    {}   server/ceiling {:.2}", one.simple, one.usual());
        println!("  pgbench, prepared  {}   server/ceiling {:.2}", one.prepared, one.strict());
        println!("  the generator took {:.0} % of a core", 100.0 * median(&one.generator));
    }
    println!();
    for (what, kept) in steadiness(comparisons) {
        println!("{what}: {kept:.2}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_ratio_is_that_of_the_medians() {
        let runs = |rates: &[f64]| Runs { clients: 8, pool: None, rates: rates.to_vec() };
        let of = |rows, rates: &[f64]| Comparison {
            operation: Operation::Play,
            rows,
            server: runs(rates),
            simple: runs(&[100.0]),
            prepared: runs(&[200.0]),
            generator: vec![0.1],
        };
        let all = [of(1, &[90.0, 100.0, 1.0]), of(9, &[81.0])];
        assert!((all[0].usual() - 0.9).abs() < 1e-9 && (all[0].strict() - 0.45).abs() < 1e-9);
        let kept = steadiness(&all);
        assert_eq!(kept.len(), 1);
        assert!((kept[0].1 - 0.9).abs() < 1e-9);
    }
}
