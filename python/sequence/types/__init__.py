"""Wire models of the Sequence Markets API: one file per noun, names as on the wire.

A suffix is a scale: `qty_1e8` is a quantity times 1e8, `price_1e9` a price times 1e9, `_ns`
nanoseconds. Answers also offer readable properties such as `qty` and `avg_price` as Decimal.
"""

from importlib import import_module

_LINES = """
_base Query Request Wire WireList
_decimal decimal_units
_query ModeQuery PageQuery
_table Frame frame
_words AmendMode FailureAction GraphStatus InstrumentType Kind Mode NodeStatus OrderStatus
_words OrderType Policy Side TERMINAL_GRAPH_STATUSES TERMINAL_ORDER_STATUSES TimeInForce Urgency
_words VENUES
account Account AccountSummary EmptyRequest KillSwitch KillSwitchClearRequest
account KillSwitchQuery KillSwitchRequest RiskLimits
analytics AbReport ExecutionAnalytics ExecutionQuality FillSums HoldingShare HoldingValue
analytics LatencyTimes OrderCounts PortfolioAnalytics RoutingVariant SizeBuckets TcaPoint TcaQuality
analytics TcaReports TcaTimeseries TcaTimeseriesQuery TcaVenues VenueAnalytics VenueCost
analytics VenueQuality
client NewSandboxClient SandboxClient SandboxClientRequest SandboxClients
error CapabilityIssue ErrorBody ErrorEnvelope FieldIssue MAX_ISSUES is_unknown_venue issues_of
evidence BookEvidence BoundsEvidence CashEvidence Envelope FeeEvidence FeeSums FillCause
evidence FillEvidence LatencyEvidence LevelEvidence ModelEvidence OutlookEvidence QueueEvidence
evidence RngEvidence TapeEvidence TimeEvidence WaitEvidence
execution ExecutionLive ExecutionReview ExecutionSummary PositionsSync Tca TcaAverages
execution TcaPercentiles TcaProvenance TcaQuery TcaReport Trace Traces TracesQuery VenuePart
fee Fees FeesQuery VenueFee
fill FeeParts Fill FillsPage FillsQuery
forecast CapacityPoint CostChance ExecutionSimulation Forecast ForecastVenue SimulateQuery
forecast Strategy UrgencyPoint
fork NewSandboxFork SandboxFork SandboxForks SnapshotLoadRequest
graph Graph GraphCancelResponse GraphEdge GraphInstrument GraphNode GraphRow GraphSummary
graph GraphsPage GraphsQuery
graph_edge AfterMs AtNs Condition EdgeAmendRequest GraphEdgeRequest PriceBound START Trail
graph_edge TriggerRule
graph_node Execution Fixed Limit NoKeys Node NodeInstrument Notional Peg PositionShare PricedType
graph_node Quantity Share SizingRule
graph_request GraphRequest NodeAmendRequest NodeConstraints
graph_risk AdmissionRisk OnFailure PreTradeRisk Risk RuntimeRisk
graph_tca GraphTca GraphUnhedged NodeTca
health Health Live MarketDataHealth SimulationHealth StoreHealth VenueHealth
history FillMark FillMarks FillMarksQuery PortfolioSnapshot PortfolioSnapshots
history PortfolioSnapshotsQuery PriceHistory PriceHistoryQuery
history PricePoint RequestRecord RequestRecords RequestRecordsQuery
intelligence Depth DepthLevel DepthQuery FundingHistory FundingHistoryQuery FundingPoint FundingRate
intelligence FundingRates FundingRatesQuery MarketAnalytics MarketVenue Route RouteLeg RouteQuery
intelligence SideDepth SlippageCurve SlippagePoint SlippageQuery SymbolQuery VenueIntel VenueShare
key ApiKey ApiKeyRequest ApiKeys NewApiKey
market BookChange CashAsset Edge Edges FairPrice FairPriceQuery FairPrices FeeSchedule GridSource
market GridSources Listing ListingGrid PairVenues PredictionMarket PriceBand SymbolList SymbolRow
market SymbolsQuery Venue VenueFeed VenueListed Venues
order AmendResponse CandidateVenue Order OrderCancelResponse OrderConstraints OrderLeg OrdersPage
order OrdersQuery Outlook PreviewResponse Reservation SubmitResponse VenueCancelAll WouldFail
order_request AmendConstraints AmendRequest ExecutionKeys PreviewRequest SimpleOrderRequest
order_request SubmitRequest
pacing ChasePacing IcebergPacing Pacing ParticipationPacing ProfilePacing UniformPacing
page PageArmRequest PageScope PageSession PageSessionRequest PageTicket
position Instrument Lifecycle PortfolioSummary Position PositionsQuery PositionsResponse Totals
quote BookLevel BookLevels Nbbo Quote QuoteError QuoteQuery QuoteRow Quotes QuotesBatch
quote QuotesBatchRequest
prediction EventMarket EventMarkets EventMarketsQuery NewMarket RedeemQuery Redeemed
prediction ResolvedMarket Settlement SettlementQuery
quote QuotesQuery VenueQuote
run RunCard RunData
sandbox SandboxPosition SandboxPositionsRequest SandboxReset SandboxSettings SandboxSettingsRequest
sandbox SandboxSettleRequest SandboxSettled SandboxWritten
stream Alert BookFrame DepthFrame GraphChange PriceTick RiskState RoutingEvent RoutingLeg Ticket
stream VenueTop VenuesFrame
testing ClockAdvanceRequest ClockSetRequest Fault FaultRequest Faults MarketEventRow
testing MarketEventsApplied MarketEventsRequest RestoreRequest SandboxClock SandboxEvent
testing SandboxEvents SandboxEventsQuery SandboxSnapshot SandboxSnapshotFile
testing SandboxSnapshots
"""
_HOMES = {name: home for home, *names in map(str.split, _LINES.splitlines()[1:]) for name in names}
"""Name -> the file that it is in; type checkers find the same in `__init__.pyi`."""

__all__ = sorted(  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]
    _HOMES, key=lambda name: (not name.isupper(), name[0].islower(), name)
)


def __getattr__(name: str) -> object:
    # Models load on first use, noun by noun: a bot that trades never builds those of the page.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
