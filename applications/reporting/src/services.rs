//! What the system answers on the exchange.

use crate::{
    Reporting,
    intake::Told,
    model::{Line, Said, Scope},
    rules,
};
use contracts::{
    Problem,
    civil_status::BirthCounted,
    events::{CloudEvent, Taken},
    reporting::{Figure, Figures, FiguresOf, IndicatorCode, ReadFigures, TakeBirth},
};
use std::sync::Arc;
use system::{Incoming, Service};

/// Every operation with the code that answers it.
pub(crate) fn all(system: &Arc<Reporting>) -> Vec<Service> {
    vec![
        Service::of::<ReadFigures, _, _, _>(system, read_figures),
        Service::of::<TakeBirth, _, _, _>(system, take_birth),
    ]
}

async fn read_figures(system: Arc<Reporting>, _: Incoming, request: FiguresOf) -> Result<Figures, Problem> {
    let FiguresOf { indicator, period, unit, counted_by } = request;
    let sheet = system.sheet(&Scope { period, unit, counted_by }).await?;
    Ok(Figures {
        from: sheet.from,
        to: sheet.to,
        figure: figure(sheet.whole, indicator),
        parts: sheet.parts.into_iter().map(|part| figure(part, indicator)).collect(),
    })
}

fn figure(line: Line, indicator: IndicatorCode) -> Figure {
    let value = line.value(indicator);
    Figure { unit: line.unit, name: line.name, value: value.all, of_split_units: value.of_split_units }
}

async fn take_birth(
    system: Arc<Reporting>,
    incoming: Incoming,
    event: CloudEvent<BirthCounted>,
) -> Result<Taken, Problem> {
    if !event.is_told_by(&incoming.client, contracts::civil_status::SYSTEM) {
        return Err(Problem::forbidden());
    }
    let said = Said::of_event(&event.event_type).ok_or_else(|| {
        Problem::invalid(vec![rules::fault(
            "type",
            "not-counted",
            "Loại sự kiện này không được thống kê.",
            "Events of this type are not counted.",
        )])
    })?;
    let message = &*incoming.id.to_string();
    system.count(&Told { event: event.id, said, at: event.time, message, counted: &event.data }).await?;
    Ok(Taken {})
}
