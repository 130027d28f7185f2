"""The README says what is true: its map is the tree, its table is the settings."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_every_place_on_the_map_is_in_the_tree_and_every_folder_of_code_is_on_the_map():
    named = set(re.findall(r"^\| `([a-z/_]+)/` \|", README, re.MULTILINE))
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    folders = {str(parent) for name in listed for parent in Path(name).parents} - {"."}
    assert named - folders == set()
    tops = {folder for folder in folders if "/" not in folder and not folder.startswith(".")}
    assert tops - {name.split("/")[0] for name in named} == set()


def test_the_table_of_settings_is_what_the_command_prints():
    printed = subprocess.run(
        [sys.executable, "-m", "app.cli", "settings"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert printed in README


def test_links_to_files_lead_somewhere():
    linked = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert [link for link in linked if not (ROOT / link).exists()] == []
