"""Excel and Word outputs: the ledger, the daily air sheet, the briefing, the monthly sections. 台账与公文."""
