namespace Cloudlet.Lab.Tests.Converge;

/// <summary>Packages that a test makes in its lab host, in a source of their own.</summary>
public sealed class MadePackages(ConvergeHost site)
{
    private const string Source = "/etc/apt/sources.list.d/lab-made.list";

    /// <summary>Adds the archives in a folder to the host's sources, and reads only this source again.</summary>
    private const string Publish = """
        cd /srv/lab-made
        : > Packages
        for deb in *.deb; do
          { dpkg-deb -f $deb; echo "Filename: ./$deb"; echo "Size: $(stat -c %s $deb)"; echo "SHA256: $(sha256sum $deb | cut -d' ' -f1)"; echo; } >> Packages
        done
        echo 'deb [trusted=yes] file:/srv/lab-made ./' > /etc/apt/sources.list.d/lab-made.list
        apt-get -qq update -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/lab-made.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0
        """;

    /// <summary>Makes a package.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="more">Shell commands that add to its folder, <paramref name="name"/> in the working folder.</param>
    public Task<string> MakeAsync(string name, string version, string more = "") =>
        site.ShellAsync(
            $"""
            mkdir -p /srv/lab-made
            cd $(mktemp -d)
            mkdir -p {name}/DEBIAN
            printf 'Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Lab <lab@example.org>\nDescription: made by a test\n' > {name}/DEBIAN/control
            {more}
            dpkg-deb -Zgzip --root-owner-group --build {name} /srv/lab-made/{name}_{version}.deb
            """
        );

    /// <summary>Makes apt see the packages made so far.</summary>
    public Task<string> PublishAsync() => site.ShellAsync(Publish);

    /// <summary>Removes packages and the source, and brings the host back to its site.</summary>
    /// <param name="packages">Names, separated by spaces.</param>
    /// <param name="files">Further paths to remove, separated by spaces.</param>
    public async Task CleanAsync(string packages, string files = "")
    {
        await site.ShellAsync($"dpkg --purge --force-all {packages} >/dev/null 2>&1 || true; rm -rf /srv/lab-made {Source} {files}");
        await site.ConvergeAsync();
    }
}
