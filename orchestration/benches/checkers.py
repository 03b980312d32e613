"""The truth checkers on held-out clips: each one's balanced accuracy (onsets: F1), as rendered and after H.264."""

from assets.checkers.evaluation import evaluate


def run() -> dict[str, float]:
    """The worst checker of either condition (camera apart), and each with its 95% interval and number of clips."""
    results = evaluate()
    figures = {
        "accuracy_clean": min(result.clean.value for name, result in results.items() if name != "camera"),
        "accuracy_h264": min(result.coded.value for name, result in results.items() if name != "camera"),
        "camera_clean": results["camera"].clean.value,
        "camera_h264": results["camera"].coded.value,
    }
    for name, result in results.items():
        for condition, score in (("clean", result.clean), ("h264", result.coded)):
            figures |= {
                f"{name}_{condition}": score.value,
                f"{name}_{condition}_low": score.low,
                f"{name}_{condition}_high": score.high,
            }
        figures[f"{name}_clips"] = float(result.clean.clips)
    return {name: round(value, 4) for name, value in figures.items()}
