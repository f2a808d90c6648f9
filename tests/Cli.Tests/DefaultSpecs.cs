using System.CommandLine;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Verbs;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests;

/// <summary>Values that users copy from help, and unexpected input.</summary>
public sealed class DefaultSpecs
{
    [Fact]
    public void Every_default_is_accepted_in_the_form_that_help_prints()
    {
        var root = CloudletCommand.Create();
        var seen = new List<string>();
        Walk(root, []);
        seen.ShouldContain("base create --timeout 00:10:00");

        void Walk(Command command, string[] path)
        {
            foreach (var option in command.Options.Where(o => o.HasDefaultValue && o.ValueType != typeof(bool)))
            {
                var printed = option.GetDefaultValue()?.ToString() ?? "";
                if (printed.Length == 0 || printed.StartsWith("System.", StringComparison.Ordinal))
                    continue;
                var result = root.Parse([.. path, option.Name, printed]);
                result.GetResult(option)!.Errors.Select(e => e.Message).ShouldBeEmpty($"{string.Join(' ', path)} {option.Name} {printed}");
                seen.Add($"{string.Join(' ', path)} {option.Name} {printed}");
            }

            foreach (var next in command.Subcommands)
                Walk(next, [.. path, next.Name]);
        }
    }

    [Theory]
    [InlineData("00:00:01", 1)]
    [InlineData("23:59:59", 86399)]
    [InlineData("1h", 3600)]
    public void A_time_has_two_forms(string text, int seconds) => Options.ParseTime(text).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("24:00:00")]
    [InlineData("1:2:3")]
    [InlineData("-00:00:01")]
    public void Other_forms_are_not_valid_times(string text) => Options.ParseTime(text).ShouldBeNull();

    [Theory]
    [InlineData("base", "import", "PIPE")]
    [InlineData("base", "create", "PIPE")]
    [InlineData("base", "import", "FOLDER")]
    [InlineData("base", "import", "/dev/null")]
    [InlineData("base", "import", "/proc/self/mem")]
    [InlineData("overlay", "show", "FOLDER")]
    [InlineData("overlay", "verify", "/dev/zero")]
    [InlineData("plan", "FOLDER")]
    [InlineData("plan", "@FOLDER")]
    [InlineData("plan", "@/proc/self/mem")]
    [InlineData("base", "list", "--store", "")]
    [InlineData("lab", "list", "--store", "")]
    public async Task An_unreadable_file_gives_a_message_of_one_line_without_a_trace(params string[] arguments)
    {
        using var folder = new TempDir();
        using (var made = System.Diagnostics.Process.Start("mkfifo", [folder["pipe"]]))
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        string[] given =
        [
            .. arguments.Select(a =>
                a.Replace("PIPE", folder["pipe"], StringComparison.Ordinal).Replace("FOLDER", folder.Path, StringComparison.Ordinal)
            ),
        ];
        using var output = new StringWriter();
        using var errors = new StringWriter();
        string[] store = given[0] is "base" && !given.Contains("--store") ? ["--store", folder["store"]] : [];
        var exit = await CloudletCommand.RunAsync([.. given, .. store], output, errors);
        exit.ShouldBeOneOf(ExitCodes.Failed, ExitCodes.Invalid);
        errors.ToString().ShouldNotContain("   at ");
        errors.ToString().ShouldNotContain("a defect of cloudlet");
        errors.ToString().ShouldNotBeEmpty();
    }

    [Fact]
    public void An_unexpected_exception_is_one_line_with_its_place()
    {
        try
        {
            Options.ParseTime(null!);
        }
        catch (NullReferenceException e)
        {
            Defect.Describe(e).ShouldContain("NullReferenceException in Cloudlet.Cli.Verbs.Options.ParseTime");
            Defect.Describe(e).ShouldNotContain('\n');
            return;
        }

        Assert.Fail("it must throw");
    }
}
