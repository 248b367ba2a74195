"""A real server under real load on this machine: the measured half of `dcplan verify host`."""
