using Cloudlet.Errors;
using Cloudlet.Machine.Packages;
using Cloudlet.Machine.Processes;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Packages;

public sealed class AptPackagesSpecs : IDisposable
{
    private const string Candidate =
        "name:\n  Installed: (none)\n  Candidate: 2.0\n  Version table:\n     2.0 500\n        500 http://mirror "
        + "bookworm/main\n     1.0 500\n";

    private readonly TempDir _root = new();
    private readonly FakeApt _apt = new();
    private readonly AptPackages _packages;

    public AptPackagesSpecs()
    {
        _root.Write("var/lib/dpkg/status", "Package: there\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\n\n");
        _packages = new AptPackages(_apt, _root.Path);
    }

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task An_installed_package_needs_no_apt()
    {
        await _packages.InstallAsync(["there", "there=1.0"], CancellationToken.None);
        await _packages.RemoveAsync(["not-there"], CancellationToken.None);

        _apt.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_installation_asks_nothing_and_removes_nothing()
    {
        await _packages.InstallAsync(["there", "name", "there=2.0"], CancellationToken.None);

        var call = _apt.Calls.ShouldHaveSingleItem();
        call.ShouldStartWith("apt-get -y ");
        call.ShouldEndWith("install --no-install-recommends --no-remove --allow-downgrades name there=2.0");
        call.ShouldContain("DPkg::Lock::Timeout=60");
        _apt.Environment["DEBIAN_FRONTEND"].ShouldBe("noninteractive");
    }

    [Fact]
    public async Task Python_files_are_compiled_once_at_the_end_by_scripts_that_apt_runs()
    {
        await _packages.InstallAsync(["name"], CancellationToken.None);
        await _packages.RemoveAsync(["there"], CancellationToken.None);

        _apt.Calls[0].ShouldContain("-o DPkg::Path=/var/lib/cloudlet/apt/bin:/usr/sbin:/usr/bin:/sbin:/bin ");
        _apt.Calls[0].ShouldContain("-o DPkg::Post-Invoke::=sh /var/lib/cloudlet/apt/finish ");
        _apt.Calls[^1].ShouldNotContain("DPkg::Path");
        File.GetUnixFileMode(Path.Join(_root.Path, "var/lib/cloudlet/apt/bin/py3compile"))
            .HasFlag(UnixFileMode.OtherExecute)
            .ShouldBeTrue();
        File.ReadAllText(Path.Join(_root.Path, "var/lib/cloudlet/apt/finish")).ShouldContain("compileall -q");
        File.GetUnixFileMode(Path.Join(_root.Path, "var/lib/cloudlet/apt/bin/systemctl")).HasFlag(UnixFileMode.UserExecute).ShouldBeTrue();
    }

    [Fact]
    public async Task Units_are_recorded_as_if_a_package_did_it()
    {
        await _packages.RecordUnitsAsync(["a.service", "b.socket"], CancellationToken.None);

        _apt.Calls.ShouldBe(["deb-systemd-helper update-state a.service", "deb-systemd-helper update-state b.socket"]);
        _apt.Environment["DPKG_MAINTSCRIPT_PACKAGE"].ShouldBe("cloudlet");
    }

    [Fact]
    public async Task Without_room_for_these_scripts_packages_compile_their_files_themselves()
    {
        _root.Write("var/lib/cloudlet", "a file in the place of the folder");

        await _packages.InstallAsync(["name"], CancellationToken.None);

        _apt.Calls.ShouldHaveSingleItem().ShouldNotContain("DPkg::Path");
    }

    [Fact]
    public async Task Lists_are_refreshed_once_for_an_unknown_name()
    {
        _apt.Answer("install", 100, error: "E: Unable to locate package name");
        _apt.Answer("policy", 0);
        _apt.Answer("update", 0);
        _apt.Answer("policy", 0, Candidate);
        _apt.Answer("install", 0);

        await _packages.InstallAsync(["name"], CancellationToken.None);

        _apt.Verbs.ShouldBe(["install", "policy", "update", "policy", "install"]);
    }

    [Fact]
    public async Task An_unknown_package_is_not_found()
    {
        _apt.Answer("install", 100);
        _apt.Answer("update", 100, error: "W: careful\nE: no network\n");

        var error = await Should.ThrowAsync<CloudletException>(_packages.InstallAsync(["name"], CancellationToken.None));

        error.Kind.ShouldBe(ErrorKind.NotFound);
        error.Message.ShouldContain("E: no network");
        _apt.Verbs.Count(static verb => verb == "update").ShouldBe(1);
    }

    [Theory]
    [InlineData("name=1.0", ErrorKind.ProcessFailed)]
    [InlineData("name=2.0", ErrorKind.ProcessFailed)]
    [InlineData("name=2", ErrorKind.NotFound)]
    [InlineData("name=500", ErrorKind.NotFound)]
    public async Task A_pinned_version_is_looked_for_in_the_version_table(string name, ErrorKind kind)
    {
        _apt.Answer("install", 100, error: "E: Broken");
        _apt.Answer("policy", 0, Candidate);
        _apt.Answer("policy", 0, Candidate);

        (await Should.ThrowAsync<CloudletException>(_packages.InstallAsync([name], CancellationToken.None))).Kind.ShouldBe(kind);
    }

    [Fact]
    public async Task Any_other_failure_contains_apts_message()
    {
        _apt.Answer("install", 100, error: "Reading...\nE: Sub-process /usr/bin/dpkg returned an error code (1)\nW: more\n");
        _apt.Answer("policy", 0, Candidate);

        var error = await Should.ThrowAsync<CloudletException>(_packages.InstallAsync(["name"], CancellationToken.None));

        error.Kind.ShouldBe(ErrorKind.ProcessFailed);
        error.Message.ShouldContain("Sub-process /usr/bin/dpkg returned an error code (1)");
        _apt.Verbs.ShouldNotContain("update");
    }

    [Fact]
    public async Task A_failing_script_of_another_package_is_reported_with_its_output_and_advice()
    {
        _root.Write(
            "var/lib/dpkg/status",
            "Package: broken\nStatus: install ok half-configured\nArchitecture: all\nVersion: 1.0\n\nPackage: there\nStatus: "
                + "install ok installed\nArchitecture: all\nVersion: 1.0\n\n"
        );
        _apt.Answer(
            "install",
            100,
            error: "no such user: edge\ndpkg: error processing package broken (--configure):\n installed broken package "
                + "post-installation script subprocess returned error exit status 1\n"
                + "Errors were encountered while processing:\n broken\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n"
        );
        _apt.Answer("policy", 0, Candidate);

        var error = await Should.ThrowAsync<CloudletException>(_packages.InstallAsync(["name"], CancellationToken.None));

        error.Message.ShouldContain("failed packages: broken;");
        error.Message.ShouldContain("broken (half-configured)");
        error.Message.ShouldContain("no such user: edge");
        error.Message.ShouldContain("post-installation script subprocess returned error exit status 1");
        error.Message.ShouldContain("dpkg --configure -a");
    }

    [Fact]
    public async Task A_kept_configuration_file_is_reported_once()
    {
        _apt.Answer(
            "install",
            0,
            "Setting up name (2.0) ...\n\nConfiguration file '/etc/name.conf'\n ==> Modified (by you or by a script) since "
                + "installation.\n ==> Package distributor has shipped an updated "
                + "version.\n"
                + " ==> Using current old file as you requested.\n\nConfiguration file '/etc/new.conf'\n ==> Using new file as you "
                + "requested.\n"
        );

        await _packages.InstallAsync(["name"], CancellationToken.None);

        _packages.TakeKeptFiles().ShouldBe(["/etc/name.conf"]);
        _packages.TakeKeptFiles().ShouldBeEmpty();
    }

    /// <summary>
    /// apt gives dpkg a terminal: dpkg's output arrives as apt's output, with carriage returns, and apt's own error is empty. Texts of apt
    /// 2.6.1 and dpkg 1.21.22.
    /// </summary>
    [Fact]
    public async Task Output_of_dpkg_on_its_terminal_is_read_too()
    {
        _apt.Answer(
            "install",
            100,
            "Unpacking bad-pkg (1.0) ...\r\nSetting up bad-pkg (1.0) ...\r\nlooking for the database\r\nthe database cannot be "
                + "reached\r\ndpkg: error processing package bad-pkg (--configure):\r\n"
                + " installed bad-pkg package post-installation script subprocess returned error exit status 3\r\nErrors were "
                + "encountered while processing:\r\n bad-pkg\r\n",
            "debconf: delaying package configuration\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n"
        );
        _apt.Answer("policy", 0, Candidate);
        var error = await Should.ThrowAsync<CloudletException>(_packages.InstallAsync(["bad-pkg"], CancellationToken.None));
        error.Message.ShouldContain("failed packages: bad-pkg;");
        error.Message.ShouldContain(
            "looking for the database | the database cannot be reached | dpkg: error processing package bad-pkg (--configure): | "
                + "installed bad-pkg package post-installation script"
        );
        error.Message.ShouldContain("E: Sub-process");
        error.Message.ShouldNotContain("Unpacking");

        _apt.Answer(
            "install",
            0,
            "Setting up name (2.0) ...\r\n\r\nConfiguration file '/etc/name.conf'\r\n ==> Modified (by you or by a script) since "
                + "installation.\r\n"
                + " ==> Package distributor has shipped an updated version.\r\n ==> Keeping old config file as default.\r\n"
        );
        await _packages.InstallAsync(["name"], CancellationToken.None);
        _packages.TakeKeptFiles().ShouldBe(["/etc/name.conf"]);
    }

    [Fact]
    public async Task A_running_installation_says_what_it_does_and_its_status_lines_are_not_errors()
    {
        var said = new List<string?>();
        _apt.OnLine = () => said.Add(_packages.Progress);
        _apt.Answer(
            "install",
            100,
            error: "dlstatus:1:12.5000:Retrieving file 1 of 9\npmstatus:libc6:i386:40.0000:Configuring libc6:i386 (i386)\n"
                + "pmerror:name:60.0000:broken\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n"
        );
        _apt.Answer("policy", 0, Candidate);

        var error = await Should.ThrowAsync<CloudletException>(_packages.InstallAsync(["name"], CancellationToken.None));

        said[0].ShouldBe("apt: Retrieving file 1 of 9, 12 %; it may take 30 min");
        said[1].ShouldBe("apt: Configuring libc6:i386 (i386), 40 %; it may take 30 min");
        said[3].ShouldBe(said[1]);
        _packages.Progress.ShouldBeNull();
        error.Message.ShouldContain("E: Sub-process");
        error.Message.ShouldNotContain("status:");
        error.Message.ShouldNotContain("pmerror");
        _apt.Calls[0].ShouldContain("-o APT::Status-Fd=2");
    }

    [Theory]
    [InlineData("pmstatus:dpkg-exec:0.0000:Running dpkg", "Running dpkg, 0 %")]
    [InlineData("pmstatus:chrony:100.0001:Installed chrony: done", "Installed chrony: done, 100 %")]
    [InlineData("pmstatus:chrony:40.0000:\r", null)]
    [InlineData("pmstatus:chrony", null)]
    [InlineData("pmstatus:", null)]
    [InlineData("E: pmstatus:chrony:40.0000:no", null)]
    public void Status_lines_are_read(string line, string? text) => AptProgress.TextOf(line).ShouldBe(text);

    [Fact]
    public void Holds_are_read_from_dpkgs_own_database()
    {
        _root.Write(
            "var/lib/dpkg/status",
            "Package: held\nStatus: hold ok installed\nArchitecture: all\nVersion: 1.0\n\nPackage: there\nStatus: install ok "
                + "installed\nArchitecture: all\nVersion: 1.0\n\n"
        );

        _packages.Held(["held", "there", "not-there"]).ShouldBe(["held"]);
    }

    [Fact]
    public async Task A_removal_that_would_remove_others_is_refused()
    {
        _apt.Answer("remove", 0, "Remv nova-compute [1.0]\nRemv there [1.0]\n");

        var error = await Should.ThrowAsync<CloudletException>(_packages.RemoveAsync(["there"], CancellationToken.None));

        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain("nova-compute");
        _apt.Verbs.ShouldBe(["remove"]);
        _apt.Calls[0].ShouldContain(" -s ");
    }

    [Fact]
    public async Task A_removal_of_only_the_named_packages_is_executed()
    {
        _apt.Answer("remove", 0, "Remv there [1.0]\n");

        await _packages.RemoveAsync(["there"], CancellationToken.None);

        _apt.Calls.Count.ShouldBe(2);
        _apt.Calls[1].ShouldEndWith("remove there");
    }

    [Fact]
    public async Task Unfinished_work_of_a_killed_dpkg_is_completed_first()
    {
        _root.Write("var/lib/dpkg/updates/0000", "");
        _apt.Answer("-a", 0);
        await _packages.InstallAsync(["name"], CancellationToken.None);
        _apt.Verbs.ShouldBe(["-a", "install"]);

        _apt.Answer("-a", 1, error: "dpkg: error processing package broken (--configure):\n");
        var error = await Should.ThrowAsync<CloudletException>(_packages.InstallAsync(["name"], CancellationToken.None));
        error.Message.ShouldContain("dpkg --configure -a");
        error.Message.ShouldContain("broken");
    }

    /// <summary>Answers by the verb of a call: the queued answers for it, in order, then success.</summary>
    private sealed class FakeApt : IProcesses
    {
        private static readonly string[] Known = ["install", "remove", "update", "policy", "-a", "update-state"];
        private readonly Dictionary<string, Queue<ProcessResult>> _answers = [];

        public List<string> Calls { get; } = [];

        public List<string> Verbs { get; } = [];

        /// <summary>Called after each line of a call's error.</summary>
        public Action? OnLine { get; set; }

        public IReadOnlyDictionary<string, string?> Environment { get; private set; } = new Dictionary<string, string?>();

        public void Answer(string verb, int exitCode, string output = "", string error = "")
        {
            if (!_answers.TryGetValue(verb, out var queue))
                _answers[verb] = queue = new Queue<ProcessResult>();
            queue.Enqueue(new ProcessResult(exitCode, output, error));
        }

        public Task<ProcessResult> RunAsync(
            HelperProgram program,
            IReadOnlyList<string> arguments,
            TimeSpan timeout,
            CancellationToken ct,
            string? input = null,
            IReadOnlyDictionary<string, string?>? environment = null,
            Action<string>? onErrorLine = null
        )
        {
            var verb = arguments.First(Known.Contains);
            Calls.Add($"{program.Name} {string.Join(' ', arguments)}");
            Verbs.Add(verb);
            Environment = environment ?? Environment;
            var answer =
                _answers.TryGetValue(verb, out var queue) && queue.TryDequeue(out var queued) ? queued : new ProcessResult(0, "", "");
            foreach (var line in answer.Error.Split('\n'))
            {
                onErrorLine?.Invoke(line);
                OnLine?.Invoke();
            }

            return Task.FromResult(answer);
        }
    }
}
