"""Networks and defences side by side: as they are, under a carried-over attack, under one that knows them."""
