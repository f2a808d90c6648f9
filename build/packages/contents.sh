# Functions of build/package that write what the programs contain.
# shellcheck shell=bash disable=SC2154 # work, output, version, made, SOURCE_DATE_EPOCH

# runtime_pack: the newest folder of .NET's parts for native programs; build/publish restored it.
runtime_pack() {
  ls -d "${NUGET_PACKAGES:-$HOME/.nuget/packages}"/microsoft.netcore.app.runtime.nativeaot.linux-*/* 2>/dev/null | sort -V | tail -1
}

make_contents() {
  dotnet tool restore --verbosity quiet >/dev/null || fail "the tool that lists libraries cannot be restored (.config/dotnet-tools.json)"
  make_bom provisioner/Cli/Cloudlet.Cli.csproj cloudlet "cloudlet-$version.cdx.json"
  make_bom infra/Provider/Cloudlet.Provider.csproj pulumi-resource-cloudlet "pulumi-resource-cloudlet-v$version.cdx.json"
}

# make_bom PROJECT NAME FILE: the libraries of a program, from what was restored for it, and the runtime. The tool writes the
# present time, which would make every run different.
make_bom() {
  local pack runtime name
  pack=$(runtime_pack)
  [ -n "$pack" ] || fail "no runtime of .NET for native programs found; build/publish restores it"
  [ -e "$(dirname "$1")/obj/project.assets.json" ] || dotnet restore "$1" -v quiet || fail "$1 cannot be restored"
  dotnet dotnet-CycloneDX "$1" --disable-package-restore --exclude-dev --no-serial-number --spec-version 1.6 --output-format Json \
    --set-name "$2" --set-version "$version" --output "$work" --filename "$3" >"$work/bom.log" ||
    { cat "$work/bom.log" >&2; fail "the libraries of $1 cannot be listed"; }
  runtime=$(basename "$(dirname "$pack")")
  jq --arg time "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" --arg runtime "$runtime" --arg version "$(basename "$pack")" '
    "pkg:nuget/\($runtime)@\($version)" as $purl
    | .metadata.component."bom-ref" as $program
    | .metadata.timestamp = $time
    | .components += [{type: "framework", "bom-ref": $purl, name: $runtime, version: $version, scope: "required",
        licenses: [{license: {id: "MIT"}}], purl: $purl}]
    | .components |= sort_by(.purl)
    | .dependencies |= (map(if .ref == $program then .dependsOn += [$purl] else . end) + [{ref: $purl}] | sort_by(.ref))
  ' "$work/$3" >"$output/$3"
  jq -r '.components[] | select(.type == "library") | .name' "$output/$3" | while read -r name; do
    grep -q "nuget/$name\$" build/packages/copyright || fail "build/packages/copyright lacks the library $name"
  done
  made+=("$3")
}
