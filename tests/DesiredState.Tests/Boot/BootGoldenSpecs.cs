using System.Runtime.CompilerServices;
using System.Text;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Tests.Compile;

namespace Cloudlet.DesiredState.Tests.Boot;

/// <summary>
/// The rendered boot configuration of every kind of link, as golden/NETWORK/SAMPLE.txt. CLOUDLET_UPDATE=1 rewrites them: review the
/// differences before committing them.
/// </summary>
public class BootGoldenSpecs
{
    public static TheoryData<BootNetwork, string> Cases()
    {
        var cases = new TheoryData<BootNetwork, string>();
        foreach (var sample in SampleLinks.Names)
        {
            cases.Add(BootNetwork.Networkd, sample);
            cases.Add(BootNetwork.Ifupdown, sample);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Boot_configuration_is_the_golden_file(BootNetwork boot, string sample)
    {
        var state = TestHost.State(new HostSection { Boot = boot, Links = SampleLinks.Of(sample) });
        var text = Text(state);

        var golden = Path.Combine(Folder(), boot.ToString().ToLowerInvariant(), $"{sample}.txt");
        if (Environment.GetEnvironmentVariable("CLOUDLET_UPDATE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(golden)!);
            File.WriteAllText(golden, text);
        }

        File.Exists(golden).ShouldBeTrue($"{golden} is missing; run with CLOUDLET_UPDATE=1");
        text.ShouldBe(File.ReadAllText(golden));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_file_is_covered_by_an_owned_pattern_and_says_so(BootNetwork boot, string sample)
    {
        var files = TestHost
            .State(new HostSection { Boot = boot, Links = SampleLinks.Of(sample) })
            .Resources.OfType<FileSpec>()
            .Where(f => f.Kind == FileKind.File)
            .ToList();
        files.ShouldNotBeEmpty();
        files.ShouldAllBe(f => KindDescriptors.OwnedFiles.Any(p => p.Matches(f.Path)));
        files.ShouldAllBe(f =>
            f.Mode == "0644" && f.Content!.StartsWith(BootFiles.Notice + "\n", StringComparison.Ordinal) && f.Content.EndsWith('\n')
        );
    }

    private static string Text(HostState state)
    {
        var text = new StringBuilder();
        foreach (var file in state.Resources.OfType<FileSpec>())
        {
            text.Append($"=== {file.Path}{(file.Target is null ? "" : $" -> {file.Target}")}\n{file.Content}");
            if (file.Content is not null)
                text.Append('\n');
        }

        foreach (var unit in state.Resources.OfType<UnitSpec>())
            text.Append($"=== {unit.Name} enabled={unit.Enabled} running={unit.Running} on change {unit.OnChange}\n");
        return text.ToString();
    }

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "golden");
}
