//! The requests and what they need, the same for every architecture.

use crate::cloud::arrivals::{Arrivals, Phase, Profile, Recorded, Shape, Sine};
use crate::cloud::topology::{Abandoned, Client, Mix, Retry, Work, Workload};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};
use crate::scenario::build::{Builder, count};
use crate::scenario::draft::client;
use crate::scenario::draft::quantities::Share;
use crate::scenario::draft::workload::{self, Scripted};
use crate::scenario::trace::Recording;

/// Bytes of a request or answer where the file does not say.
pub(super) const BODY: u64 = 1 << 10;

impl Builder<'_> {
    pub(super) fn workloads(&mut self) -> Vec<Workload> {
        let drafts = &self.sight.draft.workload;
        drafts.iter().enumerate().map(|(place, (name, draft))| self.build_workload(place, name, draft)).collect()
    }

    fn build_workload(&mut self, place: usize, name: &str, draft: &workload::Workload) -> Workload {
        Workload {
            name: name.to_owned(),
            arrivals: self.arrivals(name, &draft.arrivals),
            batch: self.some_law(&draft.batch).filter(|batch| batch.constant_value() != Some(1)),
            at_start: draft.at_start.map_or(0, |number| count(number.0)),
            client: draft.client.as_ref().map_or_else(Client::default, |client| self.client(client)),
            size: self.some_law(&draft.size).unwrap_or_else(|| Distribution::constant(BODY)),
            answer_size: self.some_law(&draft.answer_size).unwrap_or_else(|| Distribution::constant(BODY)),
            groups: draft.groups.as_ref().map(|groups| self.drawn_groups(place, groups)),
        }
    }

    pub(super) fn works(&mut self) -> Vec<Work> {
        let names: Vec<String> = self.sight.works.names().map(str::to_owned).collect();
        names
            .into_iter()
            .map(|name| {
                let law = self.sight.draft.work.get(&name).map(|law| self.law(law));
                let component = self.sight.draft.component.get(&name);
                let millionths = |share: Share| (share.0 * f64::from(Mix::WHOLE)).round() as u32;
                let computing = component.and_then(|traits| traits.cpu).map_or(Mix::WHOLE, millionths);
                let parallel = component.and_then(|traits| traits.parallel).map_or(0, millionths);
                Work { law, name, mix: Mix { computing }, parallel }
            })
            .collect()
    }

    fn client(&mut self, draft: &client::Client) -> Client {
        Client {
            is_detached: draft.waits == Some(false),
            timeout: draft.timeout.map(|time| time.0),
            abandoned: match draft.abandoned {
                Some(client::Abandoned::Cancel) => Abandoned::Cancel,
                Some(client::Abandoned::Finish) | None => Abandoned::Finish,
            },
            patience: self.some_law(&draft.patience),
            deadline: draft.deadline.map(|time| time.0),
            hedge: draft.hedge.map(|time| time.0),
            retry: draft.retry.as_ref().map_or_else(Retry::default, |retry| self.retry(retry)),
        }
    }

    fn arrivals(&mut self, name: &str, draft: &workload::Arrivals) -> Arrivals {
        match draft {
            workload::Arrivals::Poisson(poisson) => Arrivals::Poisson { rate: poisson.rate.0 },
            workload::Arrivals::Even(even) => Arrivals::Even {
                every: even.every.map(|time| time.0).or(even.rate.map(|gap| gap.0)).unwrap_or(Span::from_secs(1)),
                offset: even.offset.map_or(Span::ZERO, |time| time.0),
            },
            workload::Arrivals::Renewal(renewal) => Arrivals::Renewal { gap: self.law(&renewal.gap) },
            workload::Arrivals::Profile(profile) => Arrivals::Profile(Profile {
                points: profile.points.iter().map(|(time, rate)| (SimTime::START + time.0, rate.0)).collect(),
                shape: match profile.shape {
                    Some(workload::Shape::Steps) => Shape::Steps,
                    Some(workload::Shape::Linear) | None => Shape::Linear,
                },
                repeat: profile.repeat.map(|time| time.0),
            }),
            workload::Arrivals::Sine(sine) => Arrivals::Sine(Sine {
                mean: sine.mean.0,
                amplitude: sine.amplitude.0,
                period: sine.period.0,
                phase: sine.phase.map_or(Span::ZERO, |time| time.0),
            }),
            workload::Arrivals::Bursts(bursts) => {
                Arrivals::Bursts { calm: self.phase(&bursts.calm), burst: self.phase(&bursts.burst) }
            }
            workload::Arrivals::Users(users) => {
                Arrivals::Users { count: count(users.count.0), think: self.law(&users.think) }
            }
            workload::Arrivals::Trace(_) => match self.recordings.swap_remove(name) {
                Some(Recording::Instants(mut rows, names)) => {
                    let groups: Vec<u32> = names.iter().map(|name| self.named_group(name)).collect();
                    for row in rows.iter_mut().filter(|row| row.group > 0) {
                        row.group = groups[row.group as usize - 1];
                    }
                    Arrivals::Instants(rows)
                }
                Some(Recording::Counts(cells, spread)) => Arrivals::Counts { cells, spread },
                None => {
                    self.slip(format!("the trace of `{name}` was not read"));
                    Arrivals::Instants(Vec::new())
                }
            },
            workload::Arrivals::Scripted(requests) => Arrivals::Instants(self.script(requests)),
        }
    }

    fn phase(&mut self, draft: &workload::Phase) -> Phase {
        Phase { rate: draft.rate.0, lasts: self.law(&draft.lasts) }
    }

    /// A script in the order of its instants; of one instant, in the order of the file.
    fn script(&mut self, requests: &[Scripted]) -> Vec<Recorded> {
        let works = self.sight.works;
        let groups: Vec<u32> =
            requests.iter().map(|request| request.group.as_ref().map_or(0, |name| self.named_group(name))).collect();
        let mut rows: Vec<Recorded> = requests
            .iter()
            .zip(groups)
            .map(|(request, group)| Recorded {
                at: SimTime::START + request.at.0,
                name: request.name.clone().unwrap_or_default(),
                work: request.work.iter().filter_map(|(name, time)| Some((works.id(name)?, time.0))).collect(),
                fails: request
                    .fails
                    .iter()
                    .filter_map(|(name, visits)| Some((works.id(name)?, visits)))
                    .flat_map(|(work, visits)| {
                        visits.iter().map(move |visit| (work, u16::try_from(visit.0).unwrap_or(u16::MAX)))
                    })
                    .collect(),
                size: request.size.map(|bytes| bytes.0),
                group,
            })
            .collect();
        rows.sort_by_key(|row| row.at);
        rows
    }
}
