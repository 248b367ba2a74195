"""dcplan: plan AI data centres by simulating workload, power, cooling and money together."""
