using Cloudlet.Errors;
using Cloudlet.Machine.Systemd;
using Cloudlet.Service;
using Cloudlet.Service.Settings;
using Cloudlet.Service.Tls;
using Cloudlet.Service.Work;

const string Help = """
    cloudlet-service: the API of a cloudlet for devices nearby.

    Usage: cloudlet-service [--config FILE]
      --config FILE   the configuration (default: /etc/cloudlet/service.json)
      --version       print the version
      --help          print this text

    Exit codes: 0 it was asked to stop; 1 it can't listen or can't use its folders; 2 the configuration is not valid.
    Guide: docs/guides/service.md.
    """;
var path = ServiceSettings.DefaultPath;
switch (args)
{
    case ["--help" or "-h"]:
        Console.WriteLine(Help);
        return 0;
    case ["--version"]:
        Console.WriteLine(HostWork.Version);
        return 0;
    case ["--config", var given]:
        path = given;
        break;
    case []:
        break;
    default:
        Console.Error.WriteLine($"error: can't read the command line '{string.Join(' ', args)}'\n\n{Help}");
        return 2;
}

try
{
    var settings = ServiceSettings.Read(path);
    await using var app = ServiceApp.Build(settings);
    await ServiceApp.StartAsync(app, settings);
    using var notifier = ServiceNotifier.FromEnvironment();
    await using var watchdog = new Watchdog(notifier, app);
    var urls = app.Urls.Where(u => !u.Contains("unix:", StringComparison.Ordinal)).Select(u => $", {u}");
    Console.WriteLine($"listening on {settings.Socket}{string.Concat(urls)}");
    if (app.Services.GetRequiredService<ServerCertificates>().Fingerprint is { } fingerprint && settings.Listen.Count > 0)
        Console.WriteLine($"own certificate authority: {fingerprint}");
    notifier.Ready();
    await app.Services.GetRequiredService<IHostApplicationLifetime>().WaitForStopAsync();
    notifier.Stopping();
    await ServiceApp.StopAsync(app);
    return 0;
}
catch (CloudletException e)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return e.Kind == ErrorKind.InvalidInput ? 2 : 1;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 1;
}
