// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "card.h"
#include "error.h"
#include "link.h"
#include "queue.h"

/* pci_device_id.driver_data: the noise is physical. */
#define PHYSICAL	1

static int reset(struct mydev_adapter *a)
{
	struct mydev_card *card = mydev_adapter_priv(a);
	int err = mydev_link_reset(card);

	if (err != -ETIMEDOUT)
		return err;
	/* Harder, where the bus can. Tried: who removes the function holds its lock and waits. */
	dev_warn_ratelimited(&card->pdev->dev, "does not take a reset: resetting its function\n");
	if (!pci_try_reset_function(card->pdev))
		err = mydev_link_reset(card);
	return err;
}

static bool booting(struct mydev_adapter *a)
{
	struct mydev_card *card = mydev_adapter_priv(a);

	return READ_ONCE(card->link) == MYDEV_LINK_UP &&
	       readl(&card->window->card.state) == MYDEV_CARD_BOOTING;
}

static void poll(struct mydev_adapter *a)
{
	mydev_queue_poll(mydev_adapter_priv(a));
}

static const struct mydev_transport_ops card_ops = {
	.id = MYDEV_TRANSPORT_PCI,
	.write_max = MYDEV_HW_BULK_MAX,
	.submit = mydev_queue_submit,
	.abort = mydev_queue_abort,
	.reset = reset,
	.booting = booting,
	.poll = poll,
};

/* Whether a BAR can be mapped. */
static int check_bar(struct pci_dev *pdev, int bar, resource_size_t size)
{
	struct resource *r = &pdev->resource[bar];

	/* What could not be given an address may have no flags left either. */
	if (!(r->flags & IORESOURCE_MEM) || !r->start || (r->flags & IORESOURCE_UNSET)) {
		dev_err(&pdev->dev,
			"BAR %d has no address: the port above has too little memory space for it\n",
			bar);
		return -ENOSPC;
	}
	return resource_size(r) < size ? -ENODEV : 0;
}

static int check_bars(struct pci_dev *pdev)
{
	int err = check_bar(pdev, MYDEV_PCI_BAR_DOORBELL, MYDEV_PCI_DOORBELL + sizeof(__le32));

	return err ?: check_bar(pdev, MYDEV_PCI_BAR_WINDOW, MYDEV_HW_WINDOW_SIZE);
}

/* Whether a MyDev card that we can speak to is behind the window. */
static int check_card(struct mydev_card *card)
{
	struct mydev_hw_card_regs __iomem *regs = &card->window->card;
	u16 version;

	if (readl(&regs->magic) != MYDEV_HW_MAGIC)
		return -ENODEV;
	version = readw(&regs->version);
	if (MYDEV_HW_VERSION_MAJOR(version) != MYDEV_HW_VERSION_MAJOR(MYDEV_HW_VERSION)) {
		dev_err(&card->pdev->dev,
			"speaks version %u of the adapter interface, this driver %u: update the older one\n",
			MYDEV_HW_VERSION_MAJOR(version), MYDEV_HW_VERSION_MAJOR(MYDEV_HW_VERSION));
		return -EPROTONOSUPPORT;
	}
	return readl(&regs->window_size) < MYDEV_HW_WINDOW_SIZE ? -ENODEV : 0;
}

static int map(struct mydev_card *card)
{
	struct pci_dev *pdev = card->pdev;
	int err = -ENOMEM;

	card->doorbell = pci_iomap(pdev, MYDEV_PCI_BAR_DOORBELL, 0);
	if (!card->doorbell)
		goto err_message;
	card->window = pci_iomap(pdev, MYDEV_PCI_BAR_WINDOW, MYDEV_HW_WINDOW_SIZE);
	if (!card->window)
		goto err_doorbell;
	err = check_card(card);
	if (err)
		goto err_window;
	return 0;

err_window:
	pci_iounmap(pdev, card->window);
err_doorbell:
	pci_iounmap(pdev, card->doorbell);
err_message:
	if (err == -ENOMEM)
		dev_err(&pdev->dev, "its BARs cannot be mapped\n");
	return err;
}

static void unmap(struct mydev_card *card)
{
	pci_iounmap(card->pdev, card->window);
	pci_iounmap(card->pdev, card->doorbell);
}

static int request_irqs(struct mydev_card *card)
{
	static const char *const whats[MYDEV_PCI_IRQS] = {
		[MYDEV_PCI_IRQ_COMPLETION] = "completions",
		[MYDEV_PCI_IRQ_EVENT] = "events",
	};
	unsigned int i;
	int irq, err;

	for (i = 0; i < card->vectors; i++) {
		irq = pci_irq_vector(card->pdev, i);
		snprintf(card->irq_name[i], sizeof(card->irq_name[i]), "%s@%s %s", KBUILD_MODNAME,
			 pci_name(card->pdev), whats[i]);
		/* Enabled once the link is up. */
		irq_set_status_flags(irq, IRQ_NOAUTOEN);
		err = request_threaded_irq(irq, NULL, mydev_queue_irq, IRQF_ONESHOT,
					   card->irq_name[i], card);
		if (err)
			goto err_irqs;
	}
	return 0;

err_irqs:
	while (i--)
		free_irq(pci_irq_vector(card->pdev, i), card);
	return err;
}

static void free_irqs(struct mydev_card *card)
{
	unsigned int i;

	for (i = 0; i < card->vectors; i++)
		free_irq(pci_irq_vector(card->pdev, i), card);
}

static int alloc_vectors(struct mydev_card *card)
{
	int n = pci_alloc_irq_vectors(card->pdev, 1, MYDEV_PCI_IRQS, PCI_IRQ_MSIX);

	if (n < 0) {
		dev_err(&card->pdev->dev, "no MSI-X vector is to be had (%d)\n", n);
		return n;
	}
	if (n < MYDEV_PCI_IRQS)
		dev_info(&card->pdev->dev, "one vector: it tells events when it answers\n");
	card->vectors = n;
	/* MSI-X messages are writes of the function; it has no others to do. */
	pci_set_master(card->pdev);
	return 0;
}

static void free_vectors(struct mydev_card *card)
{
	pci_clear_master(card->pdev);
	pci_free_irq_vectors(card->pdev);
}

static int attach(struct mydev_card *card, bool physical)
{
	struct mydev_adapter *a;

	/* One that does not take the reset appears as unresponsive, and is tried again. */
	if (!reset_devices && !mydev_link_adopt(card))
		mydev_link_reset(card);
	a = mydev_adapter_register(&card->pdev->dev, &card_ops, physical, card);
	if (IS_ERR(a))
		return PTR_ERR(a);
	mutex_lock(&card->lock);
	card->adapter = a;
	mutex_unlock(&card->lock);
	/* What it has told already. */
	mydev_queue_poll(card);
	return 0;
}

/* Leaves a card behind of which nobody can tell that it was used. */
static void quiesce(struct mydev_card *card)
{
	mydev_link_reset(card);
	mydev_link_down(card);
}

static void detach(struct mydev_card *card)
{
	struct mydev_adapter *a = card->adapter;

	mutex_lock(&card->lock);
	card->adapter = NULL;
	mutex_unlock(&card->lock);
	mydev_adapter_unregister(a);
	quiesce(card);
}

static struct mydev_card *card_alloc(struct pci_dev *pdev)
{
	struct mydev_card *card = kzalloc(sizeof(*card), GFP_KERNEL);

	if (!card)
		return NULL;
	card->pdev = pdev;
	card->link = MYDEV_LINK_BROKEN;
	card->why = "it was not reset yet";
	mutex_init(&card->lock);
	mydev_queue_init(card);
	return card;
}

static int card_enable(struct mydev_card *card)
{
	struct pci_dev *pdev = card->pdev;
	int err = check_bars(pdev);

	if (err)
		return err;
	err = pci_enable_device_mem(pdev);
	if (err)
		return err;
	err = pci_request_regions(pdev, KBUILD_MODNAME);
	if (err)
		goto err_device;
	err = map(card);
	if (err)
		goto err_regions;
	return 0;

err_regions:
	pci_release_regions(pdev);
err_device:
	pci_disable_device(pdev);
	return err;
}

static void card_disable(struct mydev_card *card)
{
	unmap(card);
	pci_release_regions(card->pdev);
	pci_disable_device(card->pdev);
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct mydev_card *card = card_alloc(pdev);
	int err;

	if (!card)
		return -ENOMEM;
	pci_set_drvdata(pdev, card);
	err = card_enable(card);
	if (err)
		goto err_card;
	err = alloc_vectors(card);
	if (err)
		goto err_enable;
	err = request_irqs(card);
	if (err)
		goto err_vectors;
	/* What a PCI error's end restores. */
	pci_save_state(pdev);
	err = attach(card, id->driver_data == PHYSICAL);
	if (err)
		goto err_irqs;
	return 0;

err_irqs:
	free_irqs(card);
err_vectors:
	free_vectors(card);
err_enable:
	card_disable(card);
err_card:
	pci_set_drvdata(pdev, NULL);
	mutex_destroy(&card->lock);
	kfree(card);
	if (err == -ENODEV)
		dev_info(&pdev->dev, "not a MyDev adapter: left alone\n");
	return err;
}

static void remove(struct pci_dev *pdev)
{
	struct mydev_card *card = pci_get_drvdata(pdev);

	detach(card);
	free_irqs(card);
	free_vectors(card);
	card_disable(card);
	pci_set_drvdata(pdev, NULL);
	mutex_destroy(&card->lock);
	kfree(card);
}

static void shutdown(struct pci_dev *pdev)
{
	quiesce(pci_get_drvdata(pdev));
}

static int __maybe_unused suspend(struct device *dev)
{
	mydev_link_down(dev_get_drvdata(dev));
	return 0;
}

static int __maybe_unused resume(struct device *dev)
{
	mydev_link_up(dev_get_drvdata(dev), "it was suspended");
	return 0;
}

static SIMPLE_DEV_PM_OPS(pm_ops, suspend, resume);

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(MYDEV_PCI_VENDOR, MYDEV_PCI_DEVICE), .driver_data = PHYSICAL },
#ifdef MYDEV_PCI_EMU
	/* QEMU's ivshmem, which mydev-emu is behind. Not for machines in production. */
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT_QUMRANET, 0x1110) },
#endif
	{ }
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver mydev_pci_driver = {
	.name = KBUILD_MODNAME,
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	.shutdown = shutdown,
	.err_handler = &mydev_error_handlers,
	.driver = {
		.pm = &pm_ops,
		/* The reset of one that is in use takes a while. */
		.probe_type = PROBE_PREFER_ASYNCHRONOUS,
	},
};
module_pci_driver(mydev_pci_driver);

MODULE_DESCRIPTION("MyDev MD series entropy adapters on PCI");
MODULE_AUTHOR("The mydev maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION(MYDEV_VERSION);
