#!/usr/bin/env bash
# Makes a base image of what this machine has: a Java runtime cut out of the JDK that JAVA_HOME
# names, and the system libraries it is linked with; for a native executable, only the libraries
# that this one is linked with. Nothing else is in it, no shell either; the same JDK and libraries
# make the same bytes. It is for checks: nobody updates it.
#
# Usage: base.sh FILE.tar [EXECUTABLE]    FILE.tar gets the format of `docker save`
set -euo pipefail

tar=$1
executable=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
java=$work/root/opt/java

[ -n "$executable" ] || "$JAVA_HOME/bin/jlink" --output "$java" --strip-debug --no-header-files --no-man-pages \
  --add-modules java.se,jdk.crypto.ec,jdk.jcmd,jdk.jfr,jdk.management,jdk.naming.dns,jdk.net,jdk.unsupported,jdk.zipfs

# What they are linked with; but for the libraries that draw, for those need a whole desktop.
binaries=("$executable")
[ -n "$executable" ] || binaries=("$java"/bin/java "$java"/lib/server/libjvm.so
  "$java"/lib/lib{java,jimage,jli,net,nio,zip,management,extnet,verify,instrument}.so)
for binary in "${binaries[@]}"; do
  ldd "$binary"
done | sed -n 's/^.*[[:space:]]\(\/[^ ]*\) (0x.*$/\1/p' | grep -v "^$work" | sort -u |
  while read -r library; do
    mkdir -p "$work/root${library%/*}"
    cp -L "$library" "$work/root$library"
  done
mkdir -p "$work/root/etc" "$work/root/tmp"
echo 'nonroot:x:10001:10001::/:/nowhere' >"$work/root/etc/passwd"
echo 'nonroot:x:10001:' >"$work/root/etc/group"

tar=$(realpath -m "$tar")
mkdir -p "${tar%/*}"
cd "$work"
same=(--sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner --format=gnu)
tar "${same[@]}" --mode=go=rX,a-w -cf layer.tar -C root .
cat >config.json <<EOF
{"architecture": "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')", "os": "linux",
 "created": "1970-01-01T00:00:01Z",
 "config": {"Env": ["PATH=/opt/java/bin", "JAVA_HOME=/opt/java"]},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$(sha256sum layer.tar | cut -d' ' -f1)"]}}
EOF
echo '[{"Config": "config.json", "RepoTags": null, "Layers": ["layer.tar"]}]' >manifest.json
tar "${same[@]}" -cf "$tar" manifest.json config.json layer.tar
