using System.Net.Sockets;
using System.Text;
using Cloudlet.Machine.Systemd;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Systemd;

public sealed class ServiceNotifierSpecs : IDisposable
{
    private readonly TempDir _dir = new();
    private readonly Socket _manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 5000 };

    public void Dispose()
    {
        _manager.Dispose();
        _dir.Dispose();
    }

    [Fact]
    public void The_manager_receives_every_message()
    {
        _manager.Bind(new UnixDomainSocketEndPoint(_dir["notify"]));
        using var notifier = new ServiceNotifier(_dir["notify"]);

        notifier.IsHeard.ShouldBeTrue();
        notifier.Ready();
        notifier.Alive();
        notifier.Status("two\nlines\nREADY=0");
        notifier.Stopping();

        Receive().ShouldBe("READY=1");
        Receive().ShouldBe("WATCHDOG=1");
        Receive().ShouldBe("STATUS=two lines READY=0");
        Receive().ShouldBe("STOPPING=1");
    }

    [Fact]
    public void An_abstract_name_begins_with_an_at_sign()
    {
        var name = $"cloudlet-test-{Guid.NewGuid():N}";
        _manager.Bind(new UnixDomainSocketEndPoint($"\0{name}"));
        using var notifier = new ServiceNotifier($"@{name}");

        notifier.Ready();

        Receive().ShouldBe("READY=1");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("relative")]
    [InlineData("vsock:2:1234")]
    public void Without_an_address_nothing_is_sent(string? address)
    {
        using var notifier = new ServiceNotifier(address);

        notifier.IsHeard.ShouldBeFalse();
        notifier.Ready();
    }

    [Fact]
    public void A_missing_manager_or_an_address_that_is_too_long_is_not_an_error()
    {
        using var gone = new ServiceNotifier(_dir["nobody"]);
        gone.Alive();
        using var tooLong = new ServiceNotifier("/" + new string('x', 200));
        tooLong.Alive();
    }

    private string Receive()
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, _manager.Receive(buffer));
    }
}
