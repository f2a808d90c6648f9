using System.CommandLine;
using Cloudlet.Cli.Output;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests.Verbs;

public sealed class LabVerbSpecs
{
    private static readonly Command Lab = CloudletCommand.Create().Subcommands.Single(static c => c.Name == "lab");

    [Fact]
    public void Prepare_has_the_options_of_up_that_an_image_depends_on_with_the_same_defaults()
    {
        var (up, prepare) = (Options("up"), Options("prepare"));

        prepare.Keys.Order().ShouldBe(["--boot", "--json", "--packages", "--with"]);
        foreach (var name in prepare.Keys.Where(static n => n != "--json"))
        {
            prepare[name].ValueType.ShouldBe(up[name].ValueType);
            if (up[name].HasDefaultValue)
                prepare[name].GetDefaultValue().ShouldBe(up[name].GetDefaultValue());
        }
    }

    [Theory]
    [InlineData("--packages", "--hook=rm")]
    [InlineData("--packages", "strace,Nosuch")]
    [InlineData("--boot", "neither")]
    [InlineData("--with", "neither")]
    [InlineData("edge-1")]
    public async Task What_is_not_valid_is_refused_before_the_store_is_made(params string[] arguments)
    {
        using var folder = new TempDir();
        var store = folder["store"];
        var (output, errors) = (new StringWriter(), new StringWriter());

        var exit = await CloudletCommand.RunAsync(["lab", "prepare", .. arguments, "--store", store], output, errors);

        exit.ShouldBe(ExitCodes.Invalid);
        errors.ToString().ShouldNotBeEmpty();
        Directory.Exists(store).ShouldBeFalse();
    }

    private static Dictionary<string, Option> Options(string verb) =>
        Lab.Subcommands.Single(c => c.Name == verb).Options.Where(static o => o.Name != "--help").ToDictionary(static o => o.Name);
}
