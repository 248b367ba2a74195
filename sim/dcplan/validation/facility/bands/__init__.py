"""Whole data centres: our plant under the input ranges of a published study, against its bands of PUE."""
