"""The pairs of methods that a study names."""

import pandas as pd

from frugalnet.analysis.statistics.named import named_pairs
from frugalnet.catalogue import References

BASELINE, DEFAULT = ("baseline", "default"), "default"


def made(*labels, reference=BASELINE, taught=()):
    """Return runs of methods and variants, with the same reference for all."""
    return pd.DataFrame(
        {"method": method, "variant": variant, "reference": reference[0], "reference_variant": reference[1]}
        | {"pruning.distillation": 0.7 if (method, variant) in taught else 0.0, "pruning.temperature": 4.0}
        for method, variant in labels
    )


def pairs(runs, also=()):
    """Return what is compared with what, and whether that is the reference."""
    return [
        (pair.method, pair.against, pair.is_reference) for pair in named_pairs(runs, References(("baseline",), also))
    ]


def test_each_method_is_compared_with_its_own_reference_and_the_reference_with_nothing():
    runs = pd.concat([made(BASELINE, ("continued", DEFAULT)), made(("nas", DEFAULT), reference=("continued", DEFAULT))])
    assert pairs(runs) == [
        (("continued", DEFAULT), BASELINE, True),
        (("nas", DEFAULT), ("continued", DEFAULT), True),
    ]


def test_baseline_is_compared_with_once_where_it_is_the_reference_too():
    assert pairs(made(BASELINE, ("nas", DEFAULT)), also=("baseline",)) == [(("nas", DEFAULT), BASELINE, True)]


def test_control_with_variants_is_compared_with_the_same_variant():
    runs = made(("pruning", "a"), ("pruning", "b"), ("random", "a"), ("scratch", "c"), reference=(None, None))
    assert pairs(runs) == [(("pruning", "a"), ("random", "a"), False)]


def test_control_without_variants_is_compared_with_every_variant():
    runs = made(("pruning", "a"), ("pruning", "b"), ("continued", DEFAULT), reference=(None, None))
    assert [pair[:2] for pair in pairs(runs)] == [
        (("pruning", "a"), ("continued", DEFAULT)),
        (("pruning", "b"), ("continued", DEFAULT)),
    ]


def test_control_with_and_without_a_teacher_is_compared_with_what_had_the_same():
    taught = [("pruning", "b"), ("continued", "distilled")]
    labels = [("pruning", "a"), ("pruning", "b"), ("continued", DEFAULT), ("continued", "distilled")]
    assert [pair[:2] for pair in pairs(made(*labels, reference=(None, None), taught=taught))] == [
        (("pruning", "a"), ("continued", DEFAULT)),
        (("pruning", "b"), ("continued", "distilled")),
    ]


def test_reference_that_is_a_control_too_is_the_reference():
    runs = made(("pruning", "a"), ("continued", DEFAULT), reference=("continued", DEFAULT))
    assert pairs(runs) == [(("pruning", "a"), ("continued", DEFAULT), True)]


def test_method_of_no_catalogue_has_no_controls():
    assert pairs(made(BASELINE, ("mine", "a"))) == [(("mine", "a"), BASELINE, True)]


def test_chosen_configuration_is_compared_with_all_that_ran_with_its_seeds_and_with_its_reference_once():
    off, drawn, best = ("baseline", "all-off"), ("baseline", "draw0001"), ("best", "best-run")
    runs = pd.concat([made(off, ("baseline", "all-on"), best, reference=off).assign(seed=seed) for seed in (0, 1)])
    runs = pd.concat([runs, made(drawn, reference=off).assign(seed=100)])
    of_best = [pair for pair in pairs(runs) if pair[0] == best]
    assert of_best == [(best, off, True), (best, ("baseline", "all-on"), False)]
