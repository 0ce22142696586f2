use population::{FACTS, SCHEMA, seed::{self, *}};
#[tokio::test]
async fn measure() {
    let lines = include_str!("../../../../data/units.tsv").lines().skip(1);
    let c: Vec<Vec<&str>> = lines.map(|l| l.split('\t').collect()).collect();
    let c: Vec<_> = c.iter().filter(|c| c[0].len() == 5 && c[1].len() == 2 && c.get(5).is_none_or(|until| until.is_empty())).map(|c| CommuneToday { code: c[0], province: c[1], urban: c[2].starts_with("Phường") }).collect();
    let options = SeedOptions { people: 200_000, seed: 1, today: crate::country::TODAY, communes: estimated_weights(&c).unwrap() };
    let names = Names::vietnamese().unwrap();
    let t = std::time::Instant::now();
    let n: usize = generate(&options, &names).unwrap().map(|h| h.members.len()).sum();
    eprintln!("generated {n} in {:?}", t.elapsed());
    for h in generate(&options, &names).unwrap().step_by(6001).take(9) {
        eprintln!("{} {}", h.dwelling.address.commune, h.dwelling.address.detail);
        for m in &h.members { eprintln!("   {} {:?} {} {:?} eth {} {:?} born {} home {}", m.name.full(), m.home.unwrap().relation, m.birth_date, m.marital_status, m.ethnicity, m.sex, m.birth_place.commune, m.hometown.commune); }
    }
    let t = std::time::Instant::now();
    eprintln!("{:?} {:?}", personas(&options, &names).unwrap(), t.elapsed());
    let mut hist = [0; 12];
    let mut groups = [[0u32; 2]; 21];
    for h in generate(&options, &names).unwrap() { hist[h.members.len().min(11)] += 1; for m in &h.members { let a = (2026 - m.birth_date.year()) as usize / 5; groups[a.min(20)][(m.sex == contracts::Sex::Female) as usize] += 1; } }
    eprintln!("sizes {hist:?} groups {groups:?}");
    let _ = std::fs::remove_file("/tmp/pop-measure.db");
    let room = system::testing::TestRoom::open_at(&FACTS, &SCHEMA, "G01", crate::country::NOW, &store::Location::SqliteFile("/tmp/pop-measure.db".into())).await;
    let t = std::time::Instant::now();
    let l = seed::load(&room.room.store, generate(&options, &names).unwrap(), &mut |_| ()).await.unwrap();
    eprintln!("loaded {l:?} in {:?}", t.elapsed());
    room.room.store.clone().close().await.unwrap();
    let location = store::testing::postgres().location();
    let room = system::testing::TestRoom::open_at(&FACTS, &SCHEMA, "G01", crate::country::NOW, &location).await;
    let t = std::time::Instant::now();
    let l = seed::load(&room.room.store, generate(&options, &names).unwrap(), &mut |_| ()).await.unwrap();
    eprintln!("pg loaded {l:?} in {:?}", t.elapsed());
    let out = std::process::Command::new("psql").args([&store::testing::postgres().url(), "-c", "select relname, pg_relation_size(oid), relnamespace::regnamespace from pg_class where relname like 'people%' or relname like 'househ%' order by 2 desc limit 8"]).output().unwrap();
    eprintln!("{}", String::from_utf8_lossy(&out.stdout));
}
