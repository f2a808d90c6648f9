using System.Diagnostics;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Tests.Compile;
using FsCheck;
using FsCheck.Fluent;
using Rule = Cloudlet.DesiredState.Sections.Names;

namespace Cloudlet.DesiredState.Tests.Boot;

/// <summary>
/// Every valid link name appears unchanged in every boot configuration: none of its characters is special to a shell, systemd, networkd or
/// ifupdown.
/// </summary>
public sealed class LinkNameSpecs
{
    /// <summary>Characters that are special somewhere, and a few plain ones.</summary>
    private const string Characters = "ab0129.-_;#$%&|<>(){}[]`'\"\\*?!~=+@,:/^ \t\n\r\u0001é☃";

    private static readonly Arbitrary<string> Names = Gen.Elements(Characters.ToCharArray())
        .ListOf()
        .Where(c => c.Count is > 0 and < 16)
        .Select(c => new string([.. c]))
        .ToArbitrary();

    [Theory]
    [InlineData("eth0")]
    [InlineData("br-ex")]
    [InlineData("eth0.20")]
    [InlineData("cloudlet_0")]
    [InlineData("1a")]
    public void Usual_names_are_accepted(string name) => Rule.LinkError(name).ShouldBeNull();

    [Theory]
    [InlineData(BootNetwork.Networkd)]
    [InlineData(BootNetwork.Ifupdown)]
    public void An_accepted_name_is_one_word_of_safe_characters_in_every_boot_file(BootNetwork boot) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(3000),
            Prop.ForAll(
                Names,
                name =>
                {
                    if (Rule.LinkError(name) is not null)
                        return;
                    var files = FilesOf(boot, name);
                    NamesMadeBy(boot, files).ShouldBe([name, $"{name[..Math.Min(name.Length, 14)]}x", "mv-on-it"], ignoreOrder: true);
                    foreach (var path in files.Select(f => f.Path))
                        Path.GetFullPath(path).ShouldBe(path);
                }
            )
        );

    [Fact]
    public void A_shell_reads_each_accepted_name_as_that_one_word()
    {
        var taken = new List<string>();
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(5000),
            Prop.ForAll(
                Names,
                name =>
                {
                    if (Rule.LinkError(name) is null)
                        taken.Add(name);
                }
            )
        );
        taken.Count.ShouldBeGreaterThan(20);
        using var shell = Process.Start(
            new ProcessStartInfo("/bin/sh")
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
                WorkingDirectory = "/proc/self",
            }
        )!;
        foreach (var name in taken)
            shell.StandardInput.WriteLine($"printf '%s\\n' {name}");
        shell.StandardInput.Close();
        shell.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(taken);
    }

    private static List<FileSpec> FilesOf(BootNetwork boot, string name)
    {
        var links = new Dictionary<string, LinkSection>
        {
            [name] = new()
            {
                Kind = LinkKind.Veth,
                Peer = $"{name[..Math.Min(name.Length, 14)]}x",
                Addresses = ["10.0.0.1/24"],
            },
            [$"{name[..Math.Min(name.Length, 14)]}x"] = new() { Kind = LinkKind.Veth, Peer = name },
            ["mv-on-it"] = new() { Kind = LinkKind.Macvlan, Parent = name },
        };
        return
        [
            .. TestHost
                .State(new HostSection { Boot = boot, Links = links })
                .Resources.OfType<FileSpec>()
                .Where(f => f.Content is not null),
        ];
    }

    /// <summary>The names of links as each program reads them from its files.</summary>
    private static IEnumerable<string> NamesMadeBy(BootNetwork boot, List<FileSpec> files) =>
        boot == BootNetwork.Networkd
            ? files
                .Where(f => f.Path.EndsWith(".network", StringComparison.Ordinal) && f.Path.Contains("/05-"))
                .Select(f => Value(f.Content!, "Name="))
            : files
                .Single(f => f.Path.Contains("interfaces.d"))
                .Content!.Split('\n')
                .Where(l => l.StartsWith("iface ", StringComparison.Ordinal))
                .Select(l => l.Split(' ')[1]);

    private static string Value(string text, string key) =>
        text.Split('\n').First(l => l.StartsWith(key, StringComparison.Ordinal))[key.Length..].Split(' ')[0];
}
