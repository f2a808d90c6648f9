using Cloudlet.Check.Clouds;

namespace Cloudlet.Check.Tests.Clouds;

/// <summary>What a guest writes is not trusted.</summary>
public sealed class GuestConsoleSpecs
{
    [Fact]
    public void The_last_words_count()
    {
        var console = GuestConsole.Parse(
            "boot\r\ncloudlet-check: trouble one\r\ncloudlet-check: trouble two\r\n"
                + "cloudlet-check: address 10.254.1.2/24\r\nxcloudlet-check: metadata no\r\n"
        );

        console.Trouble.ShouldBe("two");
        console.Address.ShouldBe("10.254.1.2/24");
        console.Metadata.ShouldBeNull();
    }

    [Fact]
    public void Words_are_bounded_and_have_no_control_characters()
    {
        var console = GuestConsole.Parse($"cloudlet-check: trouble \u001b[2J{new string('x', 5000)}\n\u0007\n");

        console.Trouble!.Length.ShouldBeLessThan(210);
        console.Trouble.ShouldStartWith("[2Jx");
        console.Tail.ShouldNotContain('\u001b');
    }
}
