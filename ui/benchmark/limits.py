"""How much the Benchmark page runs at once; the command line takes any number."""

MOST_IMAGES, MOST_EVALUATIONS = 100, 12
