using Cloudlet.Cli.Verbs;
using Cloudlet.Errors;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests.Verbs;

/// <summary>What <c>base</c> and <c>vm</c> answer before any machine is started.</summary>
public sealed class RuntimeVerbSpecs : IDisposable
{
    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_empty_store_says_how_to_begin_and_to_machines_nothing()
    {
        (await RunAsync("base", "list")).Output.ShouldBe("no bases; `cloudlet base create IMAGE` makes one\n");
        (await RunAsync("vm", "list")).Output.ShouldBe("no VMs; `cloudlet vm resume BASE` starts one\n");
        (await RunAsync("base", "list", "--json")).ShouldBe((ExitCodes.Ok, "", ""));
        (await RunAsync("vm", "list", "--json")).ShouldBe((ExitCodes.Ok, "", ""));
        Directory.Exists(_folder["store"]).ShouldBeFalse("looking makes nothing");
    }

    [Theory]
    [InlineData(ExitCodes.Failed, "has no base 'none'", "base", "show", "none")]
    [InlineData(ExitCodes.Failed, "has no base 'none'", "vm", "resume", "none")]
    [InlineData(ExitCodes.Failed, "has no VM 'none'", "vm", "stop", "none", "--force")]
    [InlineData(ExitCodes.Invalid, "'soon' is nothing to wait for", "base", "create", "none", "--until", "soon")]
    [InlineData(ExitCodes.Invalid, "'lots' is no size", "base", "create", "none", "--memory", "lots")]
    [InlineData(ExitCodes.Failed, "there is no image /none", "base", "import", "/none")]
    public async Task What_is_wrong_is_named(int exit, string problem, params string[] arguments)
    {
        var run = await RunAsync(arguments);
        run.Errors.ShouldContain(problem);
        (run.Exit, run.Output).ShouldBe((exit, ""));
    }

    [Theory]
    [InlineData("512M", 512L << 20)]
    [InlineData("2G", 2L << 30)]
    public void A_size_is_a_number_and_a_unit(string text, long bytes) => RuntimeOptions.ParseSize(text).ShouldBe(bytes);

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("512")]
    [InlineData("-1G")]
    [InlineData("99999999999G")]
    public void Anything_else_is_none(string text) => Should.Throw<CloudletException>(() => RuntimeOptions.ParseSize(text));

    private async Task<(int Exit, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (await CloudletCommand.RunAsync([.. arguments, "--store", _folder["store"]], output, errors), output.ToString(), errors.ToString());
    }
}
