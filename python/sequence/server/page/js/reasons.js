// Why an order is not filled, in words, in order of precedence.
const FILL_RULES = [
  ['IN_FLIGHT', 'Arrived at the venue'],
  ['TAKER_DELAY', 'Venue delay is over'],
  ['WAITING_BOOK', 'Book of the venue is live'],
  ['PAIRING', 'No unexplained shrink of the level'],
  ['NOT_AT_TOUCH', 'At the best price'],
  ['QUEUE_AHEAD', 'Nobody ahead in the queue'],
  ['BUDGET_USED', 'Trades not used up by your other orders'],
  ['LOT_TOO_SMALL', 'Trades large enough for one lot'],
  ['UNRESOLVED_PRINT', 'Side of the trades is known'],
  ['NO_PRINT', 'A trade reached your price'],
];
const etaText = e => (e.eta_ms == null ? '' : `ETA ~${durationText(Math.max(1000, e.eta_ms))}`);
function whyNotFilled(o, long) {
  const e = o.evidence;
  if (o.status === 'NEW')
    return long
      ? 'It is on its way: the venue has not acknowledged it yet.'
      : 'on its way to the venue';
  if (!e) return 'no evidence yet';
  const d = digits(o.symbol),
    q = v => shortSize(from8(v)),
    away = fmt(e.distance_ticks * d.tick, d.p);
  const tr =
    e.prints_at_level_1e8 > 0
      ? q(e.prints_at_level_1e8) + ' traded here since you came'
      : 'no trade at this price yet';
  switch (e.reason) {
    case 'IN_FLIGHT':
      return long
        ? 'It is on its way: it has not arrived at the venue, or the venue holds it.'
        : 'on its way to the venue';
    case 'TAKER_DELAY':
      return long ? 'The venue’s delay for takers is running.' : 'taker delay running';
    case 'WAITING_BOOK':
      return long
        ? `The book of ${o.venue} is ${String(e.status).toLowerCase()}: nothing fills until it is live again.`
        : `book of ${venueCode(o.venue)} is ${String(e.status).toLowerCase()}`;
    case 'PAIRING':
      return long
        ? 'The level shrank a moment ago; the model waits to see whether that was a trade.'
        : 'waiting: trade or cancel?';
    case 'NOT_AT_TOUCH':
      return long
        ? `Not at the best price: ${fmt(e.distance_ticks, 0)} ticks (${away}) away. Better prices of others stand before it.`
        : `${away} from the best price`;
    case 'QUEUE_AHEAD':
      return long
        ? `At the best price with ${q(e.v_now_1e8)} ahead of you${e.own_ahead_1e8 > 0 ? ` and ${q(e.own_ahead_1e8)} of your own` : ''}; ${tr}.`
        : `${q(e.v_now_1e8)} ahead · ${etaText(e) || (e.prints_at_level_1e8 > 0 ? q(e.prints_at_level_1e8) + ' traded here' : 'no trade here yet')}`;
    case 'BUDGET_USED':
      return long
        ? 'Trades came, but your own orders ahead of this one used them up.'
        : 'own orders ahead took the trades';
    case 'LOT_TOO_SMALL':
      return long
        ? 'Trades came, but less than one lot of them was for you.'
        : 'less than one lot so far';
    case 'UNRESOLVED_PRINT':
      return long
        ? 'Trades came inside the spread whose side is unknown; they are not counted.'
        : 'trade of unknown side';
    case 'NO_PRINT':
      return long
        ? 'First in the queue: the next trade at this price is yours. None has come yet.'
        : `next in line · ${etaText(e) || 'no trade yet'}`;
  }
  return e.reason;
}
function queueState(o) {
  const e = o && o.evidence;
  if (!e)
    return {
      f: 0,
      t: o && o.status === 'NEW' ? 'on its way' : '',
    };
  if (e.reason === 'WAITING_BOOK')
    return {
      f: 0,
      t: 'book ' + String(e.status).toLowerCase(),
      w: 1,
    };
  if (e.reason === 'IN_FLIGHT')
    return {
      f: 0,
      t: 'on its way',
    };
  if (e.v_now_1e8 < 0)
    return {
      f: 0,
      t: 'unknown',
    };
  if (e.reason === 'NOT_AT_TOUCH' && !e.v_now_1e8)
    return {
      f: 0,
      t: 'behind',
    };
  const en = Math.max(e.v_entry_1e8, e.v_now_1e8);
  return e.v_now_1e8 > 0
    ? {
        f: 1 - e.v_now_1e8 / en,
        t:
          (from8(e.v_now_1e8) < 10
            ? fmt(from8(e.v_now_1e8), 3).replace(/\.?0+$/, '') || '<0.001'
            : shortSize(from8(e.v_now_1e8))) + ' ahead',
      }
    : {
        f: 1,
        t: 'next',
      };
}
const CAUSES = {
  WALK: 'took',
  QUEUE: 'queue',
  THROUGH: 'through',
  CROSSING: 'crossed',
  RESYNC_CROSS: 'resync',
  LIQUIDATION: 'liquidated',
};
