"""Labels of which a share is spread over all classes."""

from frugalnet.errors import FrugalNetError
from frugalnet.recipes.fit import Fit


def label_smoothing(fit: Fit, share: float) -> None:
    """Spread `share` of each training target over all classes alike (Szegedy et al. 2016, doi:10.1109/CVPR.2016.308, section 7).

    Validation targets stay as they are, so that their loss can be compared. Raises FrugalNetError for a regression.
    """
    if not fit.data.n_classes:
        raise FrugalNetError(
            f"recipe.label_smoothing = {share}: {fit.data.name} has no classes; expected 0 for a regression"
        )
    fit.use_probabilities()
    fit.targets = ((1 - share) * fit.targets + share / fit.data.n_classes).astype(fit.targets.dtype)
