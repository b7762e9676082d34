# Shared by packaging/test and packaging/quickstart; sourced, never run.

say() { printf '\n== %s\n' "$*"; }

# install_missing FILE [PATTERN]: installs the packages of a list that are not there, but for those matching PATTERN.
install_missing() {
  local missing=() package
  while read -r package; do
    case "$package" in '' | \#*) continue ;; esac
    if [ $# -gt 1 ] && [[ "$package" =~ $2 ]]; then continue; fi
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing+=("$package")
  done <"$1"
  [ ${#missing[@]} -gt 0 ] || { echo "All packages that are needed are installed."; return 0; }
  echo "Installing ${missing[*]}"
  local sudo=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "Packages are missing and sudo is not there. As root: apt-get install ${missing[*]}" >&2; return 1; }
    sudo=sudo
  fi
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# quietly LOG COMMAND...: runs a command with its output in LOG, which is shown only if it fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 || { tail -n 60 "$log" >&2; echo "failed: $* (everything is in $log)" >&2; return 1; }
}
