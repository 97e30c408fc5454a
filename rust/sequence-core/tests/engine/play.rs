//! Turns random steps into scenario lines, runs them and watches every answer.

use std::collections::BTreeSet;

use sequence_core::engine::Engine;
use sequence_core::ids::{AccountId, AssetKind, VenueId};
use sequence_core::number::{Money, Quantity, format_decimal};

use crate::steps::{PLACES, Place, Request, Size, Step};
use crate::table::line::lines;
use crate::table::world::World;
use crate::watch::{Seen, Watch};

/// Where every sequence begins.
const BEGINNING: &str = "\
as bob
seed kraken fiat USD 1000
seed kalshi fiat USD 1000
seed hyperliquid crypto USDC 1000
seed binance crypto USDT 1000
as alice
seed kraken fiat USD 1000
seed kraken crypto ABC 10
seed kalshi fiat USD 100
seed hyperliquid crypto USDC 100
seed binance crypto USDT 500
book kraken ABC-USD bid 99 2 98.5 5 ask 100 2 100.5 5
book binance ABC-USD bid 99 2 98.5 5 ask 100.5 2 101 5
book kalshi KXTEST-A bid 0.40 20 0.35 50 ask 0.50 20 0.55 50
book hyperliquid ABC-USD-PERP bid 99 2 98.5 5 ask 100 2 100.5 5
";

/// A sequence that broke no law.
pub(crate) struct Played {
    pub(crate) lines: Vec<String>,
    pub(crate) seen: Seen,
    world: World,
}

impl Played {
    pub(crate) fn seen_by(&self, client: &str) -> Vec<String> {
        record(self.world.engine(), self.world.known[client])
    }
}

/// Plays steps; the error is the scenario up to what went wrong.
pub(crate) fn play(steps: &[Step]) -> Result<Played, String> {
    let mut player = Player {
        played: Played { lines: Vec::new(), seen: Seen::default(), world: World::new() },
        watch: Watch::default(),
        placed: Vec::new(),
        client: "alice",
    };
    for line in BEGINNING.lines() {
        player.say(line.to_owned())?;
    }
    for step in steps {
        if let Some(line) = player.line(step) {
            player.say(line)?;
        }
    }
    player.played.seen = player.watch.seen;
    Ok(player.played)
}

/// Whether the same lines give the same hashes, also when time passes in smaller steps.
pub(crate) fn equal(said: &[String]) -> bool {
    let hashes = |sliced: bool| {
        let mut world = World::new();
        for line in said {
            let slices = if sliced { line.strip_prefix("advance 300ms") } else { None };
            let text = if slices.is_some() { "advance 1ms\nadvance 299ms" } else { line };
            for line in lines(text) {
                let _ = world.run(&line);
            }
        }
        (world.engine().log().hash(), world.engine().world_hash())
    };
    let first = hashes(false);
    first == hashes(false) && first == hashes(true)
}

/// What alice sees when nobody else trades.
pub(crate) fn alone(said: &[String]) -> Vec<String> {
    let mut world = World::new();
    let mut bob = false;
    for line in said {
        match line.as_str() {
            "as bob" => bob = true,
            "as alice" => bob = false,
            _ => {}
        }
        let market = ["book", "delta", "trade", "status", "advance"];
        if !bob || market.iter().any(|verb| line.starts_with(verb)) {
            for line in lines(line) {
                let foreign = line.verb == "cancel" && !world.placed.contains_key(line.words[0]);
                if !foreign {
                    let _ = world.run(&line);
                }
            }
        }
    }
    record(world.engine(), world.known["alice"])
}

/// Everything of an account but ids and commit numbers.
fn record(engine: &Engine, account: AccountId) -> Vec<String> {
    let row = engine.account_row(account);
    let orders = row.orders.iter().map(|id| {
        let order = engine.order(*id);
        let (filled, exact, status) = (order.filled, order.exact, order.status);
        format!(
            "{status:?} {filled} {exact} {:?} {:?} {}",
            order.reject,
            order.done,
            order.fees_usd.unwrap_or_default()
        )
    });
    let fills = row.fills.iter().map(|ix| {
        let fill = engine.fill(*ix);
        format!("{} {} {} {:?} {}", fill.price, fill.quantity, fill.fee, fill.cause, fill.ts_ns)
    });
    let balances = engine.ledger().balances(account).filter_map(|(_, key, balance)| {
        let shown = format!("{:?} {:?}", key.venue, balance);
        (balance.total() != Money::ZERO).then_some(shown)
    });
    let balances: BTreeSet<String> = balances.collect();
    orders.chain(fills).chain(balances).collect()
}

/// An order by its name in the scenario.
struct Placed {
    name: String,
    client: &'static str,
    keyed: bool,
}

struct Player {
    played: Played,
    watch: Watch,
    placed: Vec<Placed>,
    client: &'static str,
}

impl Player {
    fn say(&mut self, line: String) -> Result<(), String> {
        self.played.lines.push(line);
        let said = self.played.lines.last().unwrap();
        let line = lines(said).pop().unwrap();
        if line.verb == "as" {
            self.client = if line.words[0] == "bob" { "bob" } else { "alice" };
        }
        let before = self.played.world.engine().state_hash();
        let answer = self.played.world.run(&line);
        if line.verb == "place" && matches!(answer, Some(Ok(_))) {
            let keyed = line.words.iter().any(|word| word.starts_with("id="));
            let (name, client) = (line.words[0].to_owned(), self.client);
            self.placed.push(Placed { name, client, keyed });
        }
        let world = &self.played.world;
        let account = world.known[self.client];
        let wrong = self.watch.look(world.engine(), account, &line, answer.as_ref(), before);
        match wrong.or_else(|| world.violations().first().cloned()) {
            None => Ok(()),
            Some(wrong) => Err(format!("{wrong}\n{}", self.played.lines.join("\n"))),
        }
    }

    fn line(&mut self, step: &Step) -> Option<String> {
        Some(match step {
            Step::As(bob) => {
                format!("as {}", if *bob { "bob" } else { "alice" })
            }
            Step::Level { place, ask, rung, size } => {
                let (place, side) = (&PLACES[*place], if *ask { "ask" } else { "bid" });
                let price = price(place, *rung);
                format!("delta {} {} {side} {price} {size}", place.venue, place.book)
            }
            Step::Book { place, middle, size } => {
                let place = &PLACES[*place];
                let (bid, ask) = (price(place, middle - 1), price(place, middle + 1));
                let size = if *size == "0" { "4" } else { size };
                format!("book {} {} bid {bid} {size} ask {ask} {size}", place.venue, place.book)
            }
            Step::Trade { place, buys, rung, size } => {
                let place = &PLACES[*place];
                let side = buys.map_or("unknown", side);
                let size = if *size == "0" { "10" } else { size };
                let price = price(place, *rung);
                format!("trade {} {} {side} {size} {price}", place.venue, place.book)
            }
            Step::Status { place, status } => {
                let place = &PLACES[*place];
                let closes = *status == "closed" && place.venue != "kalshi";
                let status = if closes { "resync" } else { status };
                format!("status {} {} {status}", place.venue, place.book)
            }
            Step::Advance(time) => format!("advance {time}"),
            Step::Order(request) => self.order(request),
            Step::Cancel(at) => {
                // An order's id is made of its key: under a key of both, it is the caller's own.
                let clear = |placed: &&Placed| !placed.keyed || placed.client == self.client;
                format!("cancel {}", self.placed.iter().rev().filter(clear).nth(*at)?.name)
            }
            Step::Again(at) => {
                let own = |placed: &&Placed| placed.keyed && placed.client == self.client;
                format!("again {}", self.placed.iter().rev().filter(own).nth(*at)?.name)
            }
            Step::Seed { place, base, amount } => seed(&PLACES[*place], *base, amount),
            Step::Replace { place, amount } => {
                seed(&PLACES[*place], false, amount).replacen("seed", "replace", 1)
            }
            Step::Reset(amount) => {
                let client = self.client;
                self.placed.retain(|placed| placed.client != client);
                format!("reset {}", if *amount == "0" { "5000" } else { amount })
            }
        })
    }

    fn order(&self, request: &Request) -> String {
        let place = &PLACES[request.place];
        let name = format!("o{}", self.played.lines.len());
        let outcome = if place.venue == "kalshi" && request.no { ":NO" } else { "" };
        let limit = request.rung.map(|rung| rung_price(place, rung));
        let kind = limit.map_or("market".to_owned(), |limit| {
            format!("limit {}", format_decimal(i128::from(limit), 9))
        });
        let size = self.size(request, place, limit.unwrap_or(rung_price(place, 8)));
        let venue = if request.routed { "" } else { place.venue };
        let extras = request.extras;
        let key = request.key.map_or(String::new(), |key| format!("id=key-{key}"));
        let (side, book) = (side(request.buys), place.book);
        format!("place {name} {side} {size} {book}{outcome} {kind} {venue} {extras} {key}")
    }

    fn size(&self, request: &Request, place: &Place, price: i64) -> String {
        let whole = self.most(request, place, price);
        let units = match request.size {
            Size::Lots(lots) => lots * place.lot.max(50_000_000),
            Size::Fraction => place.lot + place.lot / 2,
            Size::All => whole.max(place.lot),
            Size::OneLotMore => whole.saturating_add(place.lot),
            Size::Largest => 9_000_000_000_000_000_000,
            Size::Notional(usd) => return format!("${usd}"),
        };
        format_decimal(i128::from(units), 8)
    }

    /// What the client can pay at a price, or has to sell, in whole lots.
    fn most(&self, request: &Request, place: &Place, price: i64) -> i64 {
        let world = &self.played.world;
        let engine = world.engine();
        let (kind, code) = match (place.venue, request.buys) {
            ("hyperliquid", _) | (_, true) => (place.cash.0, place.cash.1),
            ("kalshi", false) if request.no => ("event_contract", "KXTEST-A:NO"),
            ("kalshi", false) => ("event_contract", "KXTEST-A:YES"),
            (_, false) => ("crypto", "ABC"),
        };
        let kind = AssetKind::parse(kind).unwrap();
        let venue = VenueId::parse(place.venue).unwrap();
        let asset = engine.registry().find_asset(kind, code);
        let account = world.known[self.client];
        let balance = asset.and_then(|asset| engine.ledger().find(account, venue, asset));
        let available = balance.map_or(Money::ZERO, |id| engine.ledger().balance(id).available);
        let units = if request.buys || place.venue == "hyperliquid" {
            let cost = i128::from(price) * i128::from(100_000_000 + place.taker);
            available.0 * 10_000_000_000_000_000 / cost
        } else {
            available.to_quantity_floor().unwrap_or_default().0.into()
        };
        let units = i64::try_from(units).unwrap_or(i64::MAX / 2).min(8_000_000_000_000_000_000);
        Quantity(units).floor_to(Quantity(place.lot)).0
    }
}

fn seed(place: &Place, base: bool, amount: &str) -> String {
    let (venue, (kind, cash)) = (place.venue, place.cash);
    match (venue, base) {
        (_, false) => format!("seed {venue} {kind} {cash} {amount}"),
        ("kalshi", true) => format!("seed kalshi event_contract KXTEST-A:YES {amount} 0.4"),
        ("hyperliquid", true) => {
            let size = if amount == "250" { "-3" } else { "2" };
            format!("seed hyperliquid perp ABC-USD-PERP {size} 100")
        }
        (_, true) => format!("seed {venue} crypto ABC {amount} 100"),
    }
}

fn rung_price(place: &Place, rung: i64) -> i64 {
    place.grid.0 + rung * place.grid.1
}

fn price(place: &Place, rung: i64) -> String {
    format_decimal(i128::from(rung_price(place, rung)), 9)
}

fn side(buys: bool) -> &'static str {
    if buys { "buy" } else { "sell" }
}
