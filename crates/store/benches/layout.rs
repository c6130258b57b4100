//! Which layout of the journal sustains most synced rows a second: run before changing the schema
//! (`cargo bench -p store --bench layout`). Bare SQLite, no parsing, one writer; prints rows a second per
//! batch size with a million rows present, and how long a patient's 90 days take. See docs/decisions/0003.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a benchmark: it may stop at the first error, and it reads the clock"
)]

use rusqlite::{Connection, params};
use std::time::Instant;

const DEVICES: u64 = 6000;
const PER_DAY: u64 = 20_000;
const RAW: usize = 250;

struct Layout {
    name: &'static str,
    page: u32,
    schema: &'static str,
    insert: &'static [&'static str],
    read: &'static str,
}

const EVENT: &str =
    "CREATE TABLE patient_event (bucket INT, patient INT, seq INT, PRIMARY KEY (bucket, patient, seq)) WITHOUT ROWID;";

const APPEND: &str = "CREATE TABLE reading (seq INTEGER PRIMARY KEY, device INT, id_hash INT, day INT, measured INT, offs INT, received INT, stored INT, kind INT, digest BLOB, id TEXT, vals TEXT, raw BLOB);
                 CREATE UNIQUE INDEX reading_id ON reading (device, id_hash); CREATE INDEX reading_day ON reading (day, device);";
const APPEND_INSERT: &str = "INSERT INTO reading (seq,device,id_hash,day,measured,offs,received,stored,kind,digest,id,vals,raw) VALUES (?1,?2,?3,?4,?5,60,?5,?5,1,?6,?7,?8,?9) ON CONFLICT DO NOTHING";
const BY_DAY: &str =
    "SELECT seq,measured,offs,received,stored,kind,digest,id,vals FROM reading WHERE day = ?1 AND device = ?2";

const ID_FIRST: &str = "CREATE TABLE reading (seq INTEGER PRIMARY KEY, device INT, id_hash INT, day INT, measured INT, offs INT, received INT, stored INT, kind INT, digest BLOB, id BLOB, vals TEXT, raw BLOB);
    CREATE UNIQUE INDEX reading_id ON reading (id, device); CREATE INDEX reading_day ON reading (day, device);";
const CLUSTERED_ID_FIRST: &str = "CREATE TABLE reading (day INT, device INT, id BLOB, id_hash INT, seq INT, measured INT, offs INT, received INT, stored INT, kind INT, digest BLOB, vals TEXT, PRIMARY KEY (day, device, id)) WITHOUT ROWID;
    CREATE UNIQUE INDEX reading_id ON reading (id, device);
    CREATE TABLE raw (seq INTEGER PRIMARY KEY, device INT, day INT, id_hash INT, raw BLOB);";
const CLUSTERED_INSERT: &[&str] = &[
    "INSERT INTO reading (day,device,id_hash,seq,measured,offs,received,stored,kind,digest,id,vals) VALUES (?4,?2,?3,?1,?5,60,?5,?5,1,?6,?7,?8) ON CONFLICT DO NOTHING",
    "INSERT INTO raw VALUES (?1,?2,?4,?3,?9)",
];

const LAYOUTS: &[Layout] = &[
    Layout {
        name: "append + unique(device,id) + index(day,device), 8 KiB",
        page: 8192,
        schema: APPEND,
        insert: &[APPEND_INSERT],
        read: BY_DAY,
    },
    Layout {
        name: "clustered by (day,device,id) + unique(device,id), raw apart, 8 KiB",
        page: 8192,
        schema: "CREATE TABLE reading (day INT, device INT, id_hash INT, seq INT, measured INT, offs INT, received INT, stored INT, kind INT, digest BLOB, id TEXT, vals TEXT, PRIMARY KEY (day, device, id_hash)) WITHOUT ROWID;
                 CREATE UNIQUE INDEX reading_id ON reading (device, id_hash);
                 CREATE TABLE raw (seq INTEGER PRIMARY KEY, device INT, day INT, id_hash INT, raw BLOB);",
        insert: &["INSERT INTO reading (day,device,id_hash,seq,measured,offs,received,stored,kind,digest,id,vals) VALUES (?4,?2,?3,?1,?5,60,?5,?5,1,?6,?7,?8) ON CONFLICT DO NOTHING",
                  "INSERT INTO raw VALUES (?1,?2,?4,?3,?9)"],
        read: BY_DAY,
    },
    Layout {
        name: "append + key table (device,id) with measured, 8 KiB",
        page: 8192,
        schema: "CREATE TABLE reading (seq INTEGER PRIMARY KEY, device INT, measured INT, offs INT, received INT, stored INT, kind INT, digest BLOB, id TEXT, vals TEXT, raw BLOB);
                 CREATE TABLE reading_key (device INT, id_hash INT, measured INT, seq INT, PRIMARY KEY (device, id_hash)) WITHOUT ROWID;",
        insert: &["INSERT INTO reading_key VALUES (?2,?3,?5,?1) ON CONFLICT DO NOTHING",
                  "INSERT INTO reading (seq,device,measured,offs,received,stored,kind,digest,id,vals,raw) VALUES (?1,?2,?5,60,?5,?5,1,?6,?7,?8,?9)"],
        read: "SELECT r.seq,r.measured,offs,received,stored,kind,digest,id,vals FROM reading_key k JOIN reading r USING (seq) WHERE k.device = ?2 AND k.measured >= ?1",
    },
    Layout {
        name: "append + unique(id,device) + index(day,device), 4 KiB",
        page: 4096,
        schema: ID_FIRST,
        insert: &[APPEND_INSERT],
        read: BY_DAY,
    },
    Layout {
        name: "append + unique(id,device) + index(day,device), 8 KiB",
        page: 8192,
        schema: ID_FIRST,
        insert: &[APPEND_INSERT],
        read: BY_DAY,
    },
    Layout {
        name: "clustered by (day,device,id) + unique(id,device), raw apart, 8 KiB",
        page: 8192,
        schema: CLUSTERED_ID_FIRST,
        insert: CLUSTERED_INSERT,
        read: BY_DAY,
    },
];

/// A repeatable stream of numbers.
struct Rng(u64);
impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

struct Bench {
    db: Connection,
    rng: Rng,
    seq: u64,
    raw: Vec<u8>,
    ordered: bool,
}

impl Bench {
    fn commit(&mut self, layout: &Layout, rows: u64) {
        self.db.execute_batch("BEGIN IMMEDIATE").unwrap();
        {
            let mut statements: Vec<_> = layout.insert.iter().map(|s| self.db.prepare_cached(s).unwrap()).collect();
            let mut event = self.db.prepare_cached("INSERT INTO patient_event VALUES (?1, ?2, ?3)").unwrap();
            for _ in 0..rows {
                self.seq += 1;
                let (a, b) = (self.rng.next(), self.rng.next());
                let day0 = 20_000 + self.seq / PER_DAY;
                // A UUID as 16 bytes: version 7 begins with the time, version 4 is random throughout.
                let first = if self.ordered { self.seq << 16 } else { a };
                let (device, id) = ((a % DEVICES) as i64, [first.to_be_bytes(), b.to_be_bytes()].concat());
                let (day, seq) = (day0 as i64, self.seq as i64);
                let measured = day * 86_400_000_000 + (b % 86_400_000_000) as i64;
                let digest = [a.to_le_bytes(), b.to_le_bytes()].concat();
                let values = "systolic=128 mm[Hg];diastolic=82 mm[Hg];pulse=71 /min";
                for statement in &mut statements {
                    let used = statement.parameter_count();
                    let all = params![seq, device, b as i64, day, measured, digest, id, values, self.raw];
                    for (at, value) in all.iter().enumerate().take(used) {
                        statement.raw_bind_parameter(at + 1, value).unwrap();
                    }
                    assert_eq!(statement.raw_execute().unwrap(), 1);
                }
                event.execute(params![seq >> 16, device / 3, seq]).unwrap();
            }
        }
        self.db.execute_batch("COMMIT").unwrap();
    }

    fn timed(&mut self, layout: &Layout, batch: u64, commits: u64) -> f64 {
        let start = Instant::now();
        for _ in 0..commits {
            self.commit(layout, batch);
        }
        (batch * commits) as f64 / start.elapsed().as_secs_f64()
    }

    fn read(&self, layout: &Layout, patient: i64) -> (usize, f64) {
        let start = Instant::now();
        let mut statement = self.db.prepare_cached(layout.read).unwrap();
        let last = (20_000 + self.seq / PER_DAY) as i64;
        let by_day = layout.read.contains("day = ?1");
        let keys: Vec<i64> = if by_day { (last - 89..=last).collect() } else { vec![(last - 89) * 86_400_000_000] };
        let mut count = 0;
        for device in patient * 3..patient * 3 + 3 {
            for key in &keys {
                let rows = statement.query_map([*key, device], |row| row.get::<_, String>("vals")).unwrap();
                count += rows.map(Result::unwrap).map(|v| v.len().min(1)).sum::<usize>();
            }
        }
        (count, start.elapsed().as_secs_f64() * 1e3)
    }
}

fn run(layout: &Layout, present: u64, ordered: bool) -> f64 {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("layout.db");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(&format!(
        "PRAGMA page_size={}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-131072;
         PRAGMA wal_autocheckpoint=8000; {} {EVENT}",
        layout.page, layout.schema
    ))
    .unwrap();
    let mut bench = Bench { db, rng: Rng(0x9E37_79B9_7F4A_7C15), seq: 0, raw: vec![b'x'; RAW], ordered };
    let fill = bench.timed(layout, 5000, present / 5000);
    let rates = [(1, 3000), (10, 1000), (100, 500), (1000, 150)].map(|(b, n)| bench.timed(layout, b, n));
    let mut times: Vec<f64> = (0..200).map(|p| bench.read(layout, p * 7).1).collect();
    times.sort_by(f64::total_cmp);
    let size = std::fs::metadata(&path).unwrap().len() as f64 / bench.seq as f64;
    println!(
        "{:72} fill {fill:7.0}  1: {:6.0}  10: {:6.0}  100: {:6.0}  1000: {:6.0} rows/s  {size:4.0} B/row  90 days ({} rows) p50 {:.2} p99 {:.2} ms",
        layout.name,
        rates[0],
        rates[1],
        rates[2],
        rates[3],
        bench.read(layout, 0).0,
        times[100],
        times[198]
    );
    rates[3]
}

fn main() {
    let present = std::env::var("ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    for ordered in [false, true] {
        println!(
            "{present} rows present, {DEVICES} devices, {RAW} B raw, ids {}",
            if ordered { "in time order" } else { "random" }
        );
        let rates: Vec<f64> = LAYOUTS.iter().map(|layout| run(layout, present, ordered)).collect();
        let best = rates.iter().copied().fold(0.0, f64::max);
        for (layout, rate) in LAYOUTS.iter().zip(&rates) {
            println!("{:72} {:.2} of the best at 1000", layout.name, rate / best);
        }
    }
}
