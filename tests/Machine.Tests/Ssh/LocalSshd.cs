using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cloudlet.Machine.Ssh;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Ssh;

/// <summary>An OpenSSH server for tests on a free loopback port, with its own keys; it serves the user who runs the test.</summary>
public sealed class LocalSshd : IDisposable
{
    private const string PrivilegeFolder = "/run/sshd";

    private readonly TempDir _dir = new();
    private readonly Process? _server;
    private readonly bool _madePrivilegeFolder;

    public LocalSshd()
    {
        var sshd = Find("sshd");
        WhyNot =
            !Environment.IsPrivilegedProcess ? "needs root: runs an ssh server"
            : sshd is null ? "needs openssh-server"
            : Find("ssh") is null ? "needs openssh-client"
            : null;
        if (WhyNot is not null)
            return;
        _madePrivilegeFolder = !Directory.Exists(PrivilegeFolder);
        Directory.CreateDirectory(PrivilegeFolder);
        Port = FreePort();
        Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", _dir["host"]);
        Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", _dir["user"]);
        Directory.CreateDirectory(_dir["home"]);
        _dir.Write("known_hosts", $"[127.0.0.1]:{Port} {File.ReadAllText(_dir["host.pub"])}");
        _dir.Write(
            "config",
            $"""
            Port {Port}
            ListenAddress 127.0.0.1
            HostKey {_dir["host"]}
            PidFile none
            AuthorizedKeysFile {_dir["user.pub"]}
            StrictModes no
            UsePAM no
            PermitRootLogin prohibit-password
            SetEnv HOME={_dir["home"]}
            """
        );
        _server = Process.Start(
            new ProcessStartInfo(sshd!, ["-D", "-e", "-f", _dir["config"]]) { RedirectStandardError = true, UseShellExecute = false }
        )!;
        var words = new System.Text.StringBuilder();
        _server.ErrorDataReceived += (_, line) => words.AppendLine(line.Data);
        _server.BeginErrorReadLine();
        SpinWait.SpinUntil(() => _server.HasExited || Answers(), TimeSpan.FromSeconds(20));
        if (!_server.HasExited)
            return;
        _server.WaitForExit(); // collects its last output
        throw new InvalidOperationException($"sshd did not start: {words}");
    }

    /// <summary>Why no server can run here, or null.</summary>
    public string? WhyNot { get; }

    public int Port { get; }

    public SshConnection Connect(params string[] options) => Connect(null, options);

    public SshConnection Connect(TimeSpan? loginTimeout, params string[] options) =>
        new(
            SshTarget.Parse($"ssh://127.0.0.1:{Port}"),
            [
                .. options,
                $"IdentityFile={_dir["user"]}",
                "IdentitiesOnly=yes",
                $"UserKnownHostsFile={_dir["known_hosts"]}",
                "StrictHostKeyChecking=yes",
            ],
            loginTimeout
        );

    /// <summary>Installs a start file for the login user, which bash reads before every command; null removes it.</summary>
    public void SetStartFile(string? script)
    {
        if (script is null)
            File.Delete(_dir["home/.bashrc"]);
        else
            _dir.Write("home/.bashrc", script);
    }

    public void Dispose()
    {
        if (_server is not null)
        {
            _server.Kill(entireProcessTree: true);
            _server.WaitForExit();
            _server.Dispose();
        }
        if (_madePrivilegeFolder)
            Directory.Delete(PrivilegeFolder);
        _dir.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private bool Answers()
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin")
            .Split(':')
            .Select(folder => Path.Join(folder, program))
            .FirstOrDefault(File.Exists);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
    }
}

/// <summary>The specs that share one server: it needs a system folder that two servers could not share.</summary>
[CollectionDefinition(nameof(LocalSshd))]
public sealed class LocalSshdGroup : ICollectionFixture<LocalSshd>;
