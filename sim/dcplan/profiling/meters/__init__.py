"""Measure energy: GPU counters, CPU counters, a meter at the wall, or an honest "not known", behind one protocol."""
