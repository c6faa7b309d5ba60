# Sourced by mvnw: gives Maven a JDK that can build this project, whatever the default `java` is.
# A JAVA_HOME that is new enough stays; else the lowest JDK >= 25 found where systems and version
# managers put them is taken. The version comes from the JDK's `release` file: no JVM is started.

jdk_required=25

jdk_major() { # directory: prints the major version of the JDK there, nothing if it is none
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  sed -n 's/^JAVA_VERSION="\([0-9][0-9]*\).*/\1/p' "$1/release"
}

jdk_candidates() { # prints one directory a line
  jdk_on_path=$(command -v javac 2>/dev/null || true)
  if [ -n "$jdk_on_path" ]; then
    jdk_on_path=$(readlink -f "$jdk_on_path" 2>/dev/null || printf '%s' "$jdk_on_path")
    printf '%s\n' "${jdk_on_path%/bin/javac}"
  fi
  [ -z "${JAVA_HOME_25_X64:-}" ] || printf '%s\n' "$JAVA_HOME_25_X64"
  for jdk_dir in /usr/lib/jvm/* /opt/* "$HOME"/.sdkman/candidates/java/* \
    "$HOME"/.local/share/mise/installs/java/* "$HOME"/.asdf/installs/java/* "$HOME"/.jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    [ ! -d "$jdk_dir" ] || printf '%s\n' "$jdk_dir"
  done
}

jdk_select() { # prints the best directory, nothing if none is new enough
  jdk_candidates | while IFS= read -r jdk_dir; do
    jdk_version=$(jdk_major "$jdk_dir")
    [ -z "$jdk_version" ] || [ "$jdk_version" -lt "$jdk_required" ] ||
      printf '%s %s\n' "$jdk_version" "$jdk_dir"
  done | sort -n -s -k1,1 | sed -n '1s/^[0-9]* //p'
}

jdk_version=
[ -z "${JAVA_HOME:-}" ] || jdk_version=$(jdk_major "$JAVA_HOME")
if [ -z "$jdk_version" ] || [ "$jdk_version" -lt "$jdk_required" ]; then
  set +f # mvnw switches file name patterns off
  jdk_home=$(jdk_select)
  set -f
  if [ -z "$jdk_home" ]; then
    echo "alltkn-gateway needs a JDK $jdk_required or newer and found none: install one (for example Temurin $jdk_required, https://adoptium.net) or point JAVA_HOME at it." >&2
    exit 1
  fi
  JAVA_HOME=$jdk_home
  export JAVA_HOME
fi
unset jdk_required jdk_version jdk_home
