using Cloudlet.Cli.Verbs;

namespace Cloudlet.Cli.Tests.Verbs;

public sealed class OptionsSpecs
{
    [Theory]
    [InlineData("90", 90)]
    [InlineData("60s", 60)]
    [InlineData("5m", 300)]
    [InlineData("1h", 3600)]
    [InlineData("24h", 86400)]
    public void Times_have_units(string text, int seconds) => Options.ParseTime(text)!.Value.TotalSeconds.ShouldBe(seconds);

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("0s")]
    [InlineData("-5s")]
    [InlineData("5d")]
    [InlineData("25h")]
    [InlineData("1.5m")]
    [InlineData("99999999999h")]
    public void Everything_else_is_refused(string text) => Options.ParseTime(text).ShouldBeNull();
}
