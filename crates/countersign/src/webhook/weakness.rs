//! What a layout leaves open.

use super::{
    Webhook,
    error::Weakness,
    plan::Part,
    spec::{Blank, BodyHash, Escape, Mac, PairsOf, PairsSpec},
};

impl Webhook {
    /// What the layout leaves open whatever its receiver does, the worst first.
    ///
    /// ```
    /// use countersign::webhook::{Weakness, Webhook};
    ///
    /// let github = Webhook::preset("github")?;
    /// assert_eq!(github.weaknesses(), [Weakness::NoTime, Weakness::IdUncovered, Weakness::TargetUncovered]);
    /// # Ok::<(), countersign::webhook::WebhookError>(())
    /// ```
    #[must_use]
    pub fn weaknesses(&self) -> Vec<Weakness> {
        let plan = &*self.plan;
        let has = |is: fn(&Part) -> bool| plan.parts.iter().any(is);
        let pairs = |is: fn(&PairsSpec) -> bool| {
            plan.parts.iter().any(|part| matches!(part, Part::Pairs(pairs) if is(&pairs.spec)))
        };
        let binds_body = plan.covers_body() || plan.digest.is_some() || plan.covers_form() || plan.spec.without_body;
        let strong = has(|part| matches!(part, Part::Body | Part::BodyHash(BodyHash::Sha256 | BodyHash::Sha512, _)));
        let found = [
            (plan.spec.mac == Mac::DangerousToken, Weakness::Token),
            (plan.spec.mac == Mac::DangerousHashSha256, Weakness::PlainHash),
            (!binds_body, Weakness::BodyUncovered),
            (plan.time.is_none(), Weakness::NoTime),
            (plan.id.as_ref().is_some_and(|id| !id.is_covered), Weakness::IdUncovered),
            (
                !has(|part| matches!(part, Part::Url | Part::Target | Part::Path | Part::Query))
                    && !pairs(|spec| spec.fields == PairsOf::Query),
                Weakness::TargetUncovered,
            ),
            (plan.spec.mac == Mac::HmacSha1, Weakness::Sha1),
            (has(|part| matches!(part, Part::BodyHash(..))) && !strong, Weakness::WeakBodyHash),
            (pairs(|spec| spec.empty == Blank::Skip), Weakness::BlankPairsUncovered),
            (pairs(|spec| spec.value == Escape::None), Weakness::PairsRunTogether),
            (plan.values_run_together(), Weakness::ValuesRunTogether),
        ];
        found.into_iter().filter_map(|(is, weakness)| is.then_some(weakness)).collect()
    }
}
