"""A cluster of which nothing answers."""

from pathlib import Path

from reconciler.core.local_cluster import Layout, context


def away(folder: Path) -> dict[str, object]:
    """The context of a cluster of which nothing answers: port 9 of 127.0.0.1 is nobody's."""
    layout = Layout(name="demo", subnet="172.31.1.0/24", port=8080)
    nowhere = {"database": "127.0.0.1:9", "store": "http://127.0.0.1:9", "registry": "127.0.0.1:9"}
    engines = {"engines": [f"unix://{folder}/engine.sock"], "builder": f"unix://{folder}/engine"}
    return {**context(layout, state=str(folder), builder="", images={}), **nowhere, **engines}
