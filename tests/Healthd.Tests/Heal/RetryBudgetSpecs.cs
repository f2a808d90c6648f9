using Cloudlet.DesiredState.Health;
using Cloudlet.Healthd.Heal;
using Cloudlet.TestKit;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Healthd.Tests.Heal;

public sealed class RetryBudgetSpecs
{
    private const string Id = "link:a";

    private readonly ManualClock _clock = new();
    private readonly HealthSettings _settings = new()
    {
        Burst = 3,
        PerMinute = 6,
        GiveUpAfter = 5,
    };
    private readonly RetryBudget _budget;

    public RetryBudgetSpecs() => _budget = new RetryBudget(_settings, _clock);

    [Fact]
    public void Pauses_after_failures_double_up_to_a_limit()
    {
        var patient = new RetryBudget(_settings with { GiveUpAfter = 100, Burst = 1000 }, _clock);
        List<double> pauses = [];
        for (var i = 0; i < 12; i++)
        {
            patient.Ask(Id).ShouldBe(BudgetDecision.Now);
            patient.Failed(Id, forGood: false);
            patient.Ask(Id).ShouldBe(BudgetDecision.AfterFailure);
            pauses.Add(patient.PauseOf(Id)!.Value.TotalSeconds);
            _clock.Advance(patient.PauseOf(Id)!.Value);
        }

        pauses.ShouldBe([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    }

    [Fact]
    public void Success_ends_consecutive_failures_and_resets_the_pause()
    {
        Fail();
        Fail();
        _budget.Succeeded(Id);

        _budget[Id].Failures.ShouldBe(0);
        _budget[Id].NextTry.ShouldBeNull();
        _clock.Advance(TimeSpan.FromMinutes(1));
        _budget.Failed(Id, forGood: false);
        _budget.PauseOf(Id).ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_process_that_exits_soon_after_each_start_is_given_up_after_growing_pauses()
    {
        var patient = new RetryBudget(_settings with { Burst = 100 }, _clock);
        List<double> pauses = [];
        while (patient.Ask(Id) != BudgetDecision.GivenUp)
        {
            patient.Ask(Id).ShouldBe(BudgetDecision.Now);
            patient.Succeeded(Id, TimeSpan.FromSeconds(10));
            _clock.Advance(TimeSpan.FromSeconds(1));
            patient.Well(Id);
            patient.Relapsed(Id).ShouldBeTrue();
            patient.Relapsed(Id).ShouldBeFalse();
            if (patient.PauseOf(Id) is { } pause)
                pauses.Add(pause.TotalSeconds);
            _clock.Advance(patient.PauseOf(Id) ?? default);
        }

        pauses.ShouldBe([1, 2, 4, 8]);
        patient.AllowRetry(Id);
        patient.Ask(Id).ShouldBe(BudgetDecision.Now);
    }

    [Fact]
    public void A_process_that_ran_for_a_while_is_started_again_at_once()
    {
        for (var i = 0; i < 20; i++)
        {
            _budget.Succeeded(Id, TimeSpan.FromSeconds(10));
            _clock.Advance(TimeSpan.FromSeconds(11));
            _budget.Relapsed(Id).ShouldBeFalse();
            _budget[Id].Failures.ShouldBe(0);
            _budget.Ask(Id).ShouldBe(BudgetDecision.Now);
        }
    }

    [Fact]
    public void A_good_observation_ends_failures_but_returns_no_tokens()
    {
        for (var i = 0; i < _settings.Burst; i++)
            _budget.Succeeded(Id);
        _budget.Well(Id);

        _budget.Ask(Id).ShouldBe(BudgetDecision.Exhausted);
    }

    [Fact]
    public void After_so_many_failures_it_is_given_up_until_something_changes()
    {
        for (var i = 0; i < _settings.GiveUpAfter; i++)
        {
            _budget[Id].GivenUp.ShouldBeFalse();
            Fail();
        }

        _budget.Ask(Id).ShouldBe(BudgetDecision.GivenUp);
        _clock.Advance(TimeSpan.FromDays(1));
        _budget.Ask(Id).ShouldBe(BudgetDecision.GivenUp);
        _budget.PauseOf(Id).ShouldBeNull();
        _budget.AllowRetries();
        _budget.Ask(Id).ShouldBe(BudgetDecision.Now);
        _budget[Id].Failures.ShouldBe(0);
    }

    [Fact]
    public void One_more_try_that_fails_is_given_up_at_once()
    {
        for (var i = 0; i < _settings.GiveUpAfter; i++)
            Fail();
        _clock.Advance(TimeSpan.FromMinutes(10));
        _budget.OneMoreTry();
        _budget.Ask(Id).ShouldBe(BudgetDecision.Now);

        _budget.Failed(Id, forGood: false);

        _budget.Ask(Id).ShouldBe(BudgetDecision.GivenUp);
    }

    [Fact]
    public void A_permanent_failure_is_given_up_at_once()
    {
        _budget.Failed(Id, forGood: true);

        _budget.Ask(Id).ShouldBe(BudgetDecision.GivenUp);
    }

    [Fact]
    public void Failures_that_use_up_the_budget_are_not_flapping()
    {
        var poor = new RetryBudget(_settings with { Burst = 1, PerMinute = 1 }, _clock);
        poor.Failed(Id, forGood: false);
        _clock.Advance(TimeSpan.FromSeconds(2));

        poor.Ask(Id).ShouldBe(BudgetDecision.AfterFailure);
        poor.Ask(Id).ShouldBe(BudgetDecision.AfterFailure);
    }

    [Fact]
    public void Each_resource_has_its_own_budget()
    {
        for (var i = 0; i < _settings.Burst; i++)
            _budget.Succeeded(Id);

        _budget.Ask(Id).ShouldBe(BudgetDecision.Exhausted);
        _budget.Ask("link:b").ShouldBe(BudgetDecision.Now);
    }

    [Fact]
    public void A_resource_has_recovered_when_two_heals_at_once_are_possible_again()
    {
        for (var i = 0; i < _settings.Burst; i++)
            _budget.Succeeded(Id);
        _budget.HasRecovered(Id).ShouldBeFalse();

        _clock.Advance(TimeSpan.FromSeconds(21));

        _budget.HasRecovered(Id).ShouldBeTrue();
    }

    [Fact]
    public void Forgotten_resources_start_with_a_new_budget()
    {
        _budget.Failed(Id, forGood: true);
        _budget.Forget(id => id != Id);

        _budget.Ask(Id).ShouldBe(BudgetDecision.Now);
    }

    [Fact]
    public void At_the_end_of_the_pause_a_heal_is_allowed_whatever_the_rate()
    {
        for (var perMinute = 1; perMinute <= 120; perMinute++)
        {
            var rationed = new RetryBudget(_settings with { Burst = 1, PerMinute = perMinute }, _clock);
            for (var i = 0; i < 20; i++)
            {
                rationed.Succeeded(Id);
                rationed.Ask(Id).ShouldBe(BudgetDecision.Exhausted);
                _clock.Advance(rationed.PauseOf(Id)!.Value);
                rationed.Ask(Id).ShouldBe(BudgetDecision.Now, $"{perMinute} a minute");
            }
        }
    }

    [Fact]
    public void Whenever_losses_come_heals_stay_within_the_budget()
    {
        var pauses = Gen.ArrayOf(Gen.Frequency((5, Gen.Choose(0, 300)), (1, Gen.Choose(0, 60_000))), 300).ToArbitrary();
        Prop.ForAll(
                pauses,
                Gen.Choose(1, 20).ToArbitrary(),
                Gen.Choose(1, 60).ToArbitrary(),
                (pauses, burst, perMinute) =>
                {
                    var time = new ManualClock();
                    var start = time.GetTimestamp();
                    var limited = new RetryBudget(new HealthSettings { Burst = burst, PerMinute = perMinute }, time);
                    var heals = 0;
                    foreach (var pause in pauses)
                    {
                        time.Advance(TimeSpan.FromMilliseconds(pause));
                        if (limited.Ask(Id) != BudgetDecision.Now)
                            continue;
                        limited.Succeeded(Id);
                        heals++;
                    }

                    return heals <= burst + (perMinute * time.GetElapsedTime(start).TotalMinutes) + 1;
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Theory]
    [InlineData(-365)]
    [InlineData(365)]
    public void A_step_of_the_wall_clock_neither_frees_nor_blocks(int days)
    {
        var stepping = new SteppingClock(_clock);
        var steady = new RetryBudget(_settings, stepping);
        steady.Failed(Id, forGood: false);
        for (var i = 0; i < _settings.Burst; i++)
            steady.Succeeded("link:b");
        steady.Ask("link:b").ShouldBe(BudgetDecision.Exhausted);

        stepping.Offset = TimeSpan.FromDays(days);

        steady.Ask(Id).ShouldBe(BudgetDecision.AfterFailure);
        steady.Ask("link:b").ShouldBe(BudgetDecision.Exhausted);
        _clock.Advance(TimeSpan.FromSeconds(10));
        steady.Ask(Id).ShouldBe(BudgetDecision.Now);
        steady.Ask("link:b").ShouldBe(BudgetDecision.Now);
    }

    private void Fail()
    {
        _budget.Failed(Id, forGood: false);
        _clock.Advance(_budget.PauseOf(Id) ?? TimeSpan.Zero);
    }

    private sealed class SteppingClock(ManualClock steady) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override long TimestampFrequency => steady.TimestampFrequency;

        public override long GetTimestamp() => steady.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => steady.GetUtcNow() + Offset;
    }
}
