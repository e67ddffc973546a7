"""Words every room shares: period, region, rounding, units, absence, errors, records, tables, ports. 共同语言."""
