//! Who may see of which entries a figure is made. The figures themselves are everybody's.

use crate::model::Birth;
use contracts::{Context, Purpose, identity::PostHeld};
use jiff::civil::Date;
use system::{Access, Authority, Claim, Claimant, Marks, PostGrant, Reach, Record, Whom};
use web::SignedIn;

/// The post of who compiles reports (*chuyên viên tổng hợp báo cáo*).
pub(crate) const ANALYST_POST: &str = "analyst";
/// What counts of a birth, with the events that said it.
pub(crate) const BIRTH: &str = "birth";
/// The provision under which reports are compiled (Decree 09/2019/ND-CP).
const REPORTING_BASIS: &str = "09/2019/ND-CP:20";

/// What posts give.
static AUTHORITY: Authority = Authority {
    system: contracts::reporting::SYSTEM,
    grants: &[PostGrant {
        whom: Whom::Post(ANALYST_POST),
        kinds: &[BIRTH],
        acts: &[Access::Read],
        purposes: &[Purpose::STATISTICS],
        laws: &["09/2019/ND-CP"],
        reach: Reach::Country,
    }],
};

impl Record for Birth {
    fn marks(&self) -> Marks<'_> {
        Marks { kind: BIRTH, unit: &self.place.commune, ..Marks::default() }
    }
}

/// Who is signed in, or nobody.
pub(crate) struct Reader {
    claims: Vec<Claim>,
}

impl Reader {
    /// What a visitor may claim on a day.
    pub(crate) fn of(user: Option<&SignedIn>, day: Date) -> Self {
        let posts = user.into_iter().flat_map(|user| user.roles_in(contracts::reporting::SYSTEM));
        let claims = posts.filter(|role| role.post == ANALYST_POST).map(|role| {
            let account = user.and_then(|user| user.person_number.clone()).unwrap_or_default();
            let post = PostHeld {
                agency: role.agency.clone(),
                system: role.system.clone(),
                post: role.post.clone(),
                unit: role.unit.clone(),
                from: day,
                until: None,
                delegated_by: None,
            };
            let context = Context::new(Purpose::STATISTICS, REPORTING_BASIS).by(&account);
            Claim { claimant: Claimant::Official { account, post }, context, day }
        });
        Self { claims: claims.collect() }
    }

    /// Every entry that counts may be listed.
    pub(crate) fn may_list(&self) -> bool {
        AUTHORITY.areas(&self.claims, BIRTH).iter().any(|area| area.is_country())
    }

    /// This entry may be seen.
    pub(crate) fn may_see(&self, birth: &Birth) -> bool {
        AUTHORITY.any_may(&self.claims, Access::Read, birth)
    }
}
