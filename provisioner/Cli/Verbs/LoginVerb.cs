using System.CommandLine;
using Cloudlet.Cli.Output;
using Cloudlet.Errors;
using Cloudlet.ServiceApi.Client;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet login</c> and <c>cloudlet logout</c>: the service that verbs use from now on.</summary>
internal static class LoginVerb
{
    private const int LongestToken = 4096;

    public static Command Create()
    {
        var verb = new VerbCommand(
            "login",
            "Use a cloudlet service from now on: base, vm, overlay, synthesize and store act there. Saved for your user alone."
        )
        {
            Examples =
            [
                ("cloudlet login https://edge-1:8443", "asks for the token, and to compare the service's fingerprint"),
                ("cloudlet login https://edge-1:8443 --fingerprint SHA256:1f… --token-file token", "without a terminal"),
                ("cloudlet vm list", "the VMs of that service"),
                ("cloudlet vm list --store /var/lib/cloudlet/runtime", "those of this machine nevertheless"),
            ],
            Exits =
            [
                (ExitCodes.Failed, "the service can't be reached, or refuses the token; the earlier login stays"),
                (ExitCodes.Invalid, "the fingerprint differs or is missing; nothing was sent but the request for it"),
            ],
        };
        var address = new Argument<string>("ADDRESS") { Description = "https://HOST:PORT, or unix:PATH." };
        var file = new Option<string?>("--token-file")
        {
            Description = "File with the token; by default it is read from standard input.",
            HelpName = "FILE",
        };
        var fingerprint = new Option<string?>("--fingerprint")
        {
            Description = "Fingerprint of the service's own certificate authority: `cloudlet-service` prints it when it starts.",
            HelpName = "SHA256:DIGITS",
        };
        var authority = new Option<string?>("--authority")
        {
            Description = "Certificates (PEM) to trust instead of the system's.",
            HelpName = "FILE",
        };
        verb.Arguments.Add(address);
        foreach (var option in (Option[])[file, fingerprint, authority])
            verb.Options.Add(option);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var console = parsed.InvocationConfiguration;
                var login = ServiceLogin.Parse(parsed.GetValue(address)!);
                if (login.SocketPath is null)
                {
                    var trusted = parsed.GetValue(authority) is { } path
                        ? await File.ReadAllTextAsync(path, ct)
                        : await AuthorityOf(login, parsed.GetValue(fingerprint), console.Error, ct);
                    login = login with { Authority = trusted, Token = await TokenAsync(parsed.GetValue(file), console.Error, ct) };
                }

                using var client = new ServiceClient(login);
                var identity = await client.GetAsync("/v1/identity", AnswerJson.Default.IdentityView, ct);
                SavedLogin.Write(login);
                await console.Output.WriteLineAsync(
                    $"logged in to {login.Address} as {identity.Account}, {identity.Role} of project {identity.Project}"
                );
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    public static Command CreateLogout()
    {
        var verb = new VerbCommand("logout", "Forget the saved service and its token: verbs act on this machine again.");
        verb.SetAction(parsed =>
        {
            var was = SavedLogin.Remove();
            parsed.InvocationConfiguration.Output.WriteLine(was ? "logged out" : "no service was saved");
            return ExitCodes.Ok;
        });
        return verb;
    }

    /// <summary>The own authority of a service, if it has one, after its fingerprint was compared.</summary>
    private static async Task<string?> AuthorityOf(ServiceLogin login, string? expected, TextWriter errors, CancellationToken ct)
    {
        if (await FirstContact.AuthorityAsync(login, ct) is not { } found)
            return expected is null
                ? null
                : throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"{login.Address} has no authority of its own to compare with --fingerprint; it uses a certificate of another one: "
                        + "leave the option out, or give --authority"
                );
        if (expected is not null)
            return string.Equals(expected, found.Fingerprint, StringComparison.OrdinalIgnoreCase)
                ? found.Pem
                : throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"the fingerprint of {login.Address} differs: expected {expected}, found {found.Fingerprint}. Either the service made "
                        + "a new authority, or another program answers in its place: ask its operator"
                );
        if (Console.IsInputRedirected)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{login.Address} has an authority of its own with the fingerprint {found.Fingerprint}: compare it with what the service "
                    + "printed when it started (journalctl -u cloudlet-service), and give it with --fingerprint"
            );
        await errors.WriteAsync(
            $"The authority of {login.Address} has the fingerprint\n  {found.Fingerprint}\n"
                + "Is it the one that the service printed (yes/no)? "
        );
        return await Task.Run(Console.ReadLine, CancellationToken.None).WaitAsync(ct) == "yes"
            ? found.Pem
            : throw new CloudletException(ErrorKind.InvalidInput, "nothing was sent, and nothing saved");
    }

    /// <summary>The token, from a file or standard input; on a terminal it is not shown.</summary>
    private static async Task<string> TokenAsync(string? file, TextWriter errors, CancellationToken ct)
    {
        string token;
        if (file is not null)
            token = (await File.ReadAllTextAsync(file, ct)).Trim();
        else if (Console.IsInputRedirected)
            token = (await Console.In.ReadLineAsync(ct))?.Trim() ?? "";
        else
        {
            await errors.WriteAsync("Token: ");
            token = await Task.Run(ReadHidden, CancellationToken.None).WaitAsync(ct);
            await errors.WriteLineAsync();
        }

        return token.Length is > 0 and < LongestToken && token.All(c => c is > ' ' and <= '~')
            ? token
            : throw new CloudletException(ErrorKind.InvalidInput, "no token was given: expected one line of 'cloudlet account add'");
    }

    private static string ReadHidden()
    {
        var text = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
            if (key.Key == ConsoleKey.Backspace)
                text.Length = Math.Max(0, text.Length - 1);
            else
                text.Append(key.KeyChar);
        return text.ToString();
    }
}
