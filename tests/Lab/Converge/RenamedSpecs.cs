using Cloudlet.TestKit;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>The parser names its root command after the program's file, and users rename files.</summary>
public sealed class RenamedSpecs
{
    [Fact]
    public async Task The_program_may_be_named_like_one_of_its_verbs()
    {
        using var folder = new TempDir();
        File.Copy(CloudletProgram.Path, folder["base"]);
        (await CloudletProgram.RunAnyAsync(folder["base"], ["--help"])).ShouldExitWith(0).Output.ShouldContain("synthesize");
        (await CloudletProgram.RunAnyAsync(folder["base"], ["base", "list", "--store", folder["store"]]))
            .ShouldExitWith(0)
            .Output.ShouldContain("no bases");
        (await CloudletProgram.RunAnyAsync(folder["base"], ["vm", "list", "--store", folder["store"]]))
            .ShouldExitWith(0)
            .Output.ShouldContain("no VMs");
    }
}
